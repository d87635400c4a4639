/** The present user: what is known of them, and their unsent messages. Performs what `reduce.ts` decides about users. */
import type { FeedEvent } from "../protocol/events.ts"
import type { State } from "../protocol/handshake.ts"
import type { ClientContext } from "./client-context.ts"
import { begin, type Feed, type Healing, heal, isStale, reachesTo, receive } from "./client-feed.ts"
import type { Message } from "./client-model.ts"
import type { DeviceStorage } from "./device-storage.ts"
import { type Owner, verdictOn } from "./draft-owner.ts"
import { type Missed, missedBetween } from "./missed-messages.ts"
import { OutboxSender } from "./outbox-sender.ts"
import { applyMessage, applyState } from "./user-view.ts"
import type { View } from "./view-model.ts"

export class Account {
  readonly sender: OutboxSender
  readonly #context: ClientContext
  #feed: Feed | undefined

  constructor(context: ClientContext, device: DeviceStorage) {
    this.#context = context
    this.sender = new OutboxSender(context, device, (message) => this.#stored(message))
  }

  get view(): View | undefined {
    return this.#feed?.view
  }
  /** Events are missing; those after the hole wait for `sync`. */
  get stale(): boolean {
    return this.#feed !== undefined && isStale(this.#feed)
  }

  /** A state replaces what was known. Where it is of the same user as before, new messages in it are reported. */
  introduce(state: State, before: Owner | undefined, now: Owner): void {
    const { reason, resumed, conversations = [], events = [] } = state
    const known = before && verdictOn(before, before, now, reason) === "adopt" ? this.view : undefined
    const view = applyState(resumed ? known : undefined, state)
    const missed = known && missedBetween(known, view, resumed ? messagesOf(events) : undefined)
    this.#feed = begin(view)
    this.sender.settle(conversations.flatMap(({ messages }) => messages ?? []))
    this.sender.settle(missed?.fresh ?? [])
    this.sender.identify(before, now, reason)
    this.#announce(missed)
    this.#announceMerges(events)
  }

  /** Events before the first state, or after the user is gone, are dropped. */
  receive(event: FeedEvent): void {
    this.#advance((feed) => receive(feed, event), messagesOf([event]))
    this.#announceMerges([event])
  }

  heal(healing: Healing): void {
    const held = this.#feed?.held ?? []
    this.#advance(
      (feed) => heal(feed, healing),
      healing.resumed ? messagesOf([...healing.events, ...held]) : undefined,
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
  #stored(message: Message): void {
    this.change((view) => applyMessage(view, message), [message])
  }

  /** @param brought messages that may be new by this */
  change(change: (view: View) => View, brought: readonly Message[] = []): void {
    this.#advance((feed) => ({ ...feed, view: change(feed.view) }), brought)
  }

  forget(all: boolean): void {
    this.sender.forget(all)
    this.#feed = undefined
    this.#context.changed()
  }

  #advance(change: (feed: Feed) => Feed, brought: readonly Message[] | undefined): void {
    const before = this.#feed
    if (!before) return
    this.#feed = change(before)
    const missed = missedBetween(before.view, this.#feed.view, brought)
    this.sender.settle(missed.fresh)
    this.#announce(missed)
  }

  #announce(missed: Missed | undefined): void {
    const { changed, tell } = this.#context
    changed()
    for (const message of missed?.fresh ?? []) tell("message", message)
    for (const gap of missed?.gaps ?? []) tell("gap", gap)
  }

  #announceMerges(events: readonly FeedEvent[]): void {
    for (const event of events) {
      if (event.type !== "user:merge") continue
      const { reason, mergedUsers, mergedConversations } = event.data
      this.#context.tell("merge", { reason, ...mergedUsers, conversations: mergedConversations })
    }
  }
}

const messagesOf = (events: readonly FeedEvent[]): Message[] =>
  events.flatMap((event) => (event.type === "conversation:message" ? [event.data.message] : []))
