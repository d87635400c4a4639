/** The present user: what is known of them, and their unsent messages. Performs what `reduce.ts` decides about users. */
import type { FeedEvent } from "../protocol/events.ts"
import type { State } from "../protocol/handshake.ts"
import type { ClientError } from "./client-error.ts"
import type { Settings } from "./client-options.ts"
import type { Link } from "./client-socket.ts"
import type { ClientEvents } from "./client-status.ts"
import { type Owner, verdictOn } from "./draft-owner.ts"
import type { DraftStorage } from "./draft-storage.ts"
import { KnownHistory } from "./known-history.ts"
import type { Missed } from "./missed-messages.ts"
import { OutboxSender } from "./outbox-sender.ts"

export interface AccountParts {
  readonly settings: Settings
  readonly drafts: DraftStorage
  readonly deviceId: () => string
  readonly owner: () => Owner | undefined
  /** The connection, while commands of this user may go over it. */
  readonly line: () => Link | undefined
  /** The hub refused a command because the socket's identity is no longer valid. */
  readonly unidentified: (error: ClientError) => void
  /** What a host draws has changed. */
  readonly changed: () => void
  readonly tell: <Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]) => void
}

export class Account {
  readonly history: KnownHistory
  readonly sender: OutboxSender
  readonly #parts: AccountParts

  constructor(parts: AccountParts) {
    const { settings, drafts, deviceId, changed, unidentified } = parts
    this.#parts = parts
    this.history = new KnownHistory((missed) => this.#advanced(missed))
    this.sender = new OutboxSender({
      settings,
      drafts,
      deviceId,
      changed,
      unidentified,
      line: parts.line,
      owner: parts.owner,
      stored: (message) => this.history.stored(message),
    })
  }

  /** A state replaces what was known. */
  introduce(state: State, before: Owner | undefined, now: Owner): void {
    const { reason } = state
    const same = before !== undefined && verdictOn(before, before, now, reason) === "adopt"
    const missed = this.history.introduce(state, same)
    const told = (state.conversations ?? []).flatMap(({ messages }) => messages ?? [])
    this.sender.settle([...told, ...missed.fresh])
    this.sender.identify(before, now, reason)
    this.#parts.changed()
    this.#announce(missed)
    this.#announceMerges(state.events ?? [])
  }

  receive(event: FeedEvent): void {
    this.history.receive(event)
    this.#announceMerges([event])
  }

  forget(all: boolean): void {
    this.sender.forget(all)
    this.history.forget()
  }

  #advanced(missed: Missed): void {
    this.sender.settle(missed.fresh)
    this.#parts.changed()
    this.#announce(missed)
  }

  #announce({ fresh, gaps }: Missed): void {
    for (const message of fresh) this.#parts.tell("message", message)
    for (const gap of gaps) this.#parts.tell("gap", gap)
  }

  #announceMerges(events: readonly FeedEvent[]): void {
    for (const event of events) {
      if (event.type !== "user:merge") continue
      const { reason, mergedUsers, mergedConversations } = event.data
      this.#parts.tell("merge", { reason, ...mergedUsers, conversations: mergedConversations })
    }
  }
}
