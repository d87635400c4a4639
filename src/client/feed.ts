/**
 * Following a feed without a gap [P2]. Offsets rise by exactly 1: an event that is next is applied, one that was
 * seen before is dropped, one that comes too early is held while `sync` fetches what lies between. Pure.
 */
import type { FeedEvent } from "../protocol/events.ts"
import type { State } from "../protocol/handshake.ts"
import { applyEvent, applyState, type View } from "./view.ts"

export interface Feed {
  readonly view: View
  /** Events behind a hole, in the order in which they came. Not empty: the view is stale. */
  readonly held: readonly FeedEvent[]
}

/** Above this the held events are let go: `sync` brings them again, or the full state. */
const MOST_HELD = 1000

/** The answer of `sync`. */
export type Healing =
  | { readonly resumed: true; readonly events: readonly FeedEvent[]; readonly cursor: string }
  | { readonly resumed: false; readonly state: State }

export const begin = (view: View): Feed => ({ view, held: [] })

export function receive({ view, held }: Feed, event: FeedEvent): Feed {
  const missing = view.offset !== undefined && event.offset > view.offset + 1
  if (missing || held.length > 0) return { view, held: [...held.slice(1 - MOST_HELD), event] }
  return { view: applyEvent(view, event), held }
}

/**
 * What was missing has come. Held events that follow are applied; a hole that is left stays a hole.
 *
 * After a full state the offsets are not known until the next event, so nothing can be said of those held: they
 * stay held, and the next `sync`, from the cursor of that state, brings exactly what is not in it.
 */
export function heal({ view, held }: Feed, healing: Healing): Feed {
  if (!healing.resumed) return { view: applyState(undefined, healing.state), held }
  const caughtUp = { ...healing.events.reduce(applyEvent, view), cursor: healing.cursor }
  const last = healing.events.at(-1)
  // From a state without a number, and nothing came after it: whatever is held is in that state.
  if (caughtUp.offset === undefined) return { view: caughtUp, held: [] }
  const ahead = held.filter((event) => event.offset > (last?.offset ?? caughtUp.offset ?? 0))
  return ahead.reduce(receive, begin(caughtUp))
}
