/** The history as this device holds it, whose it is, and who is told when it changes. */
import type { FeedEvent } from "../protocol/events.ts"
import type { State } from "../protocol/handshake.ts"
import type { Message } from "../protocol/model.ts"
import { begin, type Feed, type Healing, heal, isStale, receive } from "./feed.ts"
import { claimedExternalId, fateOf, type Owner, ownerOf } from "./identity.ts"
import { applyMessage, applyState, find, type View } from "./view.ts"

/** @param fresh stored messages that came to be known just now, not with a full state */
export type Advanced = (fresh: readonly Message[]) => void

export class History {
  readonly #advanced: Advanced
  #feed: Feed | undefined
  #owner: Owner | undefined
  #claimed: string | undefined
  #epoch = 0
  #turn = 0

  constructor(advanced: Advanced) {
    this.#advanced = advanced
  }

  get view(): View | undefined {
    return this.#feed?.view
  }
  get owner(): Owner | undefined {
    return this.#owner
  }
  /** Another number: another person. Answers to what was asked before it belong to nobody here. */
  get epoch(): number {
    return this.#epoch
  }
  /** Another number: another state was introduced. An answer that was asked for before it says nothing about it. */
  get turn(): number {
    return this.#turn
  }
  /** Events are missing; those behind the hole wait for `sync`. */
  get stale(): boolean {
    return this.#feed !== undefined && isStale(this.#feed)
  }

  /**
   * A state takes over. The caller is told who was here before, and tells the others.
   *
   * @param jwt the token that brought it; absent where the hub spoke by itself
   */
  introduce(state: State, jwt: string | undefined): Introduction {
    const before = this.#owner
    if (jwt !== undefined) this.#claimed = claimedExternalId(jwt)
    else if (!state.user.authenticated) this.#claimed = undefined
    const now = ownerOf(state.user, this.#claimed)
    if (before && fateOf(before, before, now, state.reason) !== "adopt") this.#epoch += 1
    const known = state.resumed ? this.view : undefined
    const view = applyState(known, state)
    this.#owner = now
    this.#turn += 1
    this.#feed = begin(view)
    return { before, now, fresh: known ? freshIn(known, view, state.events ?? []) : [] }
  }

  /** Events of a feed that was not introduced, or is over, are nobody's. */
  receive(event: FeedEvent): void {
    if (this.#feed) this.#advance(this.#feed, receive(this.#feed, event), [event])
  }

  heal(healing: Healing): void {
    if (!this.#feed) return
    const events = healing.resumed ? [...healing.events, ...this.#feed.held] : []
    this.#advance(this.#feed, heal(this.#feed, healing), events)
  }

  /** The acknowledgement of an own send may be faster than the feed. */
  stored(message: Message): void {
    if (!this.#feed) return
    const { view } = this.#feed
    const news = knows(view, message) ? [] : [message]
    this.#feed = { ...this.#feed, view: applyMessage(view, message) }
    this.#advanced(news)
  }

  change(change: (view: View) => View): void {
    if (!this.#feed) return
    this.#feed = { ...this.#feed, view: change(this.#feed.view) }
    this.#advanced([])
  }

  forget(): void {
    this.#feed = undefined
    this.#owner = undefined
    this.#claimed = undefined
    this.#epoch += 1
    this.#turn += 1
    this.#advanced([])
  }

  #advance(before: Feed, after: Feed, events: readonly FeedEvent[]): void {
    this.#feed = after
    this.#advanced(freshIn(before.view, after.view, events))
  }
}

export interface Introduction {
  readonly before: Owner | undefined
  readonly now: Owner
  readonly fresh: readonly Message[]
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
