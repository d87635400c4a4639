/** The feed of the present user, and the new messages in each change of it. */
import type { FeedEvent } from "../protocol/events.ts"
import type { State } from "../protocol/handshake.ts"
import { begin, type Feed, type Healing, heal, isStale, reachesTo, receive } from "./client-feed.ts"
import type { Message } from "./client-model.ts"
import { type Missed, missedBetween, NOTHING_MISSED } from "./missed-messages.ts"
import { applyMessage, applyState, find } from "./user-view.ts"
import type { View } from "./view-model.ts"

/** @param missed stored messages that this change brought */
export type Advanced = (missed: Missed) => void

export class KnownHistory {
  readonly #advanced: Advanced
  #feed: Feed | undefined

  constructor(advanced: Advanced) {
    this.#advanced = advanced
  }

  get view(): View | undefined {
    return this.#feed?.view
  }
  /** Events are missing; those after the hole wait for `sync`. */
  get stale(): boolean {
    return this.#feed !== undefined && isStale(this.#feed)
  }

  /**
   * A state replaces what was known.
   *
   * @param same of the same user as before: new messages in it are reported
   */
  introduce(state: State, same: boolean): Missed {
    const before = same ? this.view : undefined
    const view = applyState(state.resumed ? before : undefined, state)
    this.#feed = begin(view)
    if (!before) return NOTHING_MISSED
    return state.resumed
      ? { fresh: freshIn(before, view, state.events ?? []), gaps: [] }
      : missedBetween(before, view)
  }

  /** Events before the first state, or after the user is gone, are dropped. */
  receive(event: FeedEvent): void {
    if (this.#feed) this.#advance(this.#feed, receive(this.#feed, event), [event])
  }

  heal(healing: Healing): void {
    if (!this.#feed) return
    const before = this.#feed
    const after = heal(before, healing)
    this.#feed = after
    this.#advanced(
      healing.resumed
        ? { fresh: freshIn(before.view, after.view, [...healing.events, ...before.held]), gaps: [] }
        : missedBetween(before.view, after.view),
    )
  }

  /** @returns whether the hub has sent more than came here */
  isBehind(head: number): boolean {
    if (!this.#feed) return false
    const { feed, behind } = reachesTo(this.#feed, head)
    this.#feed = feed
    return behind
  }

  /** The acknowledgement of a send may be faster than the feed. */
  stored(message: Message): void {
    if (!this.#feed) return
    const { view } = this.#feed
    const fresh = knows(view, message) ? [] : [message]
    this.#feed = { ...this.#feed, view: applyMessage(view, message) }
    this.#advanced({ fresh, gaps: [] })
  }

  change(change: (view: View) => View): void {
    if (!this.#feed) return
    this.#feed = { ...this.#feed, view: change(this.#feed.view) }
    this.#advanced(NOTHING_MISSED)
  }

  forget(): void {
    this.#feed = undefined
    this.#advanced(NOTHING_MISSED)
  }

  #advance(before: Feed, after: Feed, events: readonly FeedEvent[]): void {
    this.#feed = after
    this.#advanced({ fresh: freshIn(before.view, after.view, events), gaps: [] })
  }
}

function freshIn(before: View, after: View, events: readonly FeedEvent[]): Message[] {
  const messages = events.flatMap((event) =>
    event.type === "conversation:message" ? [event.data.message] : [],
  )
  const byId = new Map(messages.map((message) => [message.id, message]))
  return [...byId.values()].filter((message) => !knows(before, message) && knows(after, message))
}

const knows = (view: View, { id, conversationId }: Message): boolean =>
  (find(view, conversationId)?.messages.findLastIndex((message) => message.id === id) ?? -1) >= 0
