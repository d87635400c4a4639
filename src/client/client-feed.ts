/**
 * Following a feed without a gap [P2]. Offsets rise by exactly 1: an event that is next is applied, one that was
 * seen before is dropped, one that comes too early is held while `sync` fetches what lies between. Pure.
 */
import type { FeedEvent } from "../protocol/events.ts"
import type { State } from "../protocol/handshake.ts"
import { applyEvent, applyState } from "./user-view.ts"
import type { View } from "./view-model.ts"

export interface Feed {
  readonly view: View
  /** Events that may not be applied yet, in the order in which they came. */
  readonly held: readonly FeedEvent[]
  /**
   * False after a full state that came as the answer of `sync`: events may have overtaken it, and their offsets
   * cannot be compared with it. The next `sync`, from the cursor of that state, brings exactly what is not in it.
   */
  readonly anchored: boolean
}

/** Above this the held events are dropped: `sync` brings them again, or the full state. */
const MOST_HELD = 1000

/** The answer of `sync`. */
export type Healing =
  | { readonly resumed: true; readonly events: readonly FeedEvent[]; readonly cursor: string }
  | { readonly resumed: false; readonly state: State }

/** After a `ready` or a login. The hub delivers no event before that state, so the next event is the one after it. */
export const begin = (view: View): Feed => ({ view, held: [], anchored: true })

export const isStale = ({ held, anchored }: Feed): boolean => held.length > 0 || !anchored

/** Whether a merge has more conversations than its event can name: the state has to be fetched (docs/protocol.md 3.3). */
export const isCutShort = ({ type, data }: FeedEvent): boolean =>
  (type === "user:merge" || type === "conversation:merge") && data.more === true

export function receive(feed: Feed, event: FeedEvent): Feed {
  const { view, held } = feed
  const missing = view.offset !== undefined && event.offset > view.offset + 1
  if (missing || isStale(feed)) return { ...feed, held: [...held.slice(1 - MOST_HELD), event] }
  return { ...feed, view: applyEvent(view, event) }
}

/**
 * A view that has no number yet gets that of the last event that the hub has sent. To be called only for a feed that is
 * not stale: then all events that came on this socket are in the view.
 */
export const numbered = (feed: Feed, head: number): Feed => ({
  ...feed,
  view: { ...feed.view, offset: feed.view.offset ?? head },
})

/** The missing events have come. Held events that follow are applied; where a hole is left, the rest stays held. */
export function heal({ view, held }: Feed, healing: Healing): Feed {
  if (!healing.resumed) return { view: applyState(undefined, healing.state), held, anchored: false }
  const caughtUp = healing.events.reduce(applyEvent, view)
  const { offset } = caughtUp
  // The view is a state without a number, and `sync` knew of no event after it: it contains all that were held.
  if (offset === undefined) return begin(caughtUp)
  return held.filter((event) => event.offset > offset).reduce(receive, begin(caughtUp))
}
