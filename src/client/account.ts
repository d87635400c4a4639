/** The present user: what is known of them, and their unsent messages. Performs what `reduce.ts` decides about users. */
import type { FeedEvent } from "../protocol/events.ts"
import type { ClientContext } from "./client-context.ts"
import { begin, type Feed, type Healing, heal, isStale, numbered, receive } from "./client-feed.ts"
import type { Performers } from "./client-inputs.ts"
import type { Message } from "./client-model.ts"
import type { DeviceStorage } from "./device-storage.ts"
import { isStill } from "./draft-owner.ts"
import { type Missed, missedBetween } from "./missed-messages.ts"
import { type OutboxSender, outboxSender } from "./outbox-sender.ts"
import { applyMessage, applyState } from "./user-view.ts"
import type { View } from "./view-model.ts"

/** `introduce` replaces what was known; if the user is still the same, the host is told of messages new in the state. */
export interface Account extends Pick<Performers, "introduce" | "forget"> {
  readonly sender: OutboxSender
  readonly view: View | undefined
  /** Events are missing; those after the hole wait for `sync`. */
  readonly stale: boolean
  /** Events before the first state, or after the user is gone, are dropped. */
  receive(event: FeedEvent): void
  heal(healing: Healing): void
  /** @returns whether the hub has sent more than came here */
  isBehind(head: number): boolean
  /** @param brought the messages of this change; the host is told of those that the view did not have */
  change(change: (view: View) => View, brought?: readonly Message[]): void
}

export function newAccount(context: ClientContext, device: DeviceStorage): Account {
  const { changed, tell } = context
  let feed: Feed | undefined

  const announce = ({ fresh, gaps }: Missed, events: readonly FeedEvent[] = []): void => {
    changed()
    for (const message of fresh) tell("message", message)
    for (const gap of gaps) tell("gap", gap)
    for (const { type, data } of events)
      if (type === "user:merge") {
        const { reason, mergedUsers, mergedConversations: conversations } = data
        tell("merge", { reason, ...mergedUsers, conversations })
      }
  }

  const advance = (
    change: (feed: Feed) => Feed,
    brought: readonly Message[] | undefined,
    events?: readonly FeedEvent[],
  ): void => {
    if (!feed) return
    const before = feed.view
    feed = change(feed)
    const missed = missedBetween(before, feed.view, brought)
    sender.settle(missed.fresh)
    announce(missed, events)
  }

  const change: Account["change"] = (by, brought = []) =>
    advance((known) => ({ ...known, view: by(known.view) }), brought)

  // The acknowledgement of a send may arrive before its event, so its message goes into the view, too.
  const sender = outboxSender(context, device, (message) =>
    change((view) => applyMessage(view, message), [message]),
  )

  return {
    sender,
    get view() {
      return feed?.view
    },
    get stale() {
      return feed !== undefined && isStale(feed)
    },
    introduce({ state, before, now }) {
      const { reason, resumed, conversations = [], events = [] } = state
      const known = isStill(before, now, reason) ? feed?.view : undefined
      const view = applyState(known, state)
      const missed = known
        ? missedBetween(known, view, resumed ? messagesOf(events) : undefined)
        : { fresh: [], gaps: [] }
      feed = begin(view)
      sender.settle([...conversations.flatMap(({ messages = [] }) => messages), ...missed.fresh])
      sender.identify(before, now, reason)
      announce(missed, events)
    },
    receive: (event) => advance((known) => receive(known, event), messagesOf([event]), [event]),
    heal(healing) {
      advance(
        (known) => heal(known, healing),
        healing.resumed ? messagesOf([...healing.events, ...(feed?.held ?? [])]) : undefined,
      )
    },
    isBehind(head) {
      if (!feed || isStale(feed)) return false
      feed = numbered(feed, head)
      return head > (feed.view.offset ?? 0)
    },
    change,
    forget({ all }) {
      sender.forget(all)
      feed = undefined
      changed()
    },
  }
}

const messagesOf = (events: readonly FeedEvent[]): Message[] =>
  events.flatMap(({ type, data }) => (type === "conversation:message" ? [data.message] : []))
