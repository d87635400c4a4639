/** What a host sees of the client. */
import type { Conversation, Message, OwnContent, Profile, User } from "./client-model.ts"
import type { ClientEvents, Status } from "./client-status.ts"
import type { GetToken, LoginResult } from "./token-source.ts"
import type { ClientView } from "./view-model.ts"

/** What to send: `text` is short for `content: { type: "text", text }`. */
export type Outgoing = {
  /** Names the send for this device; the same one again is the same message. Default: made by the client. */
  readonly localId?: string
  readonly conversationId?: string
  readonly metadata?: Record<string, string | number | boolean>
  /** A position: refuse with `conflict` if the other side has written after it. */
  readonly ifHead?: string
} & ({ readonly text: string } | { readonly content: OwnContent })

/** Resolves with the stored message; the `localId` is known at once. */
export interface Sending extends Promise<Message> {
  readonly localId: string
}

export interface Messages {
  /** Oldest first. */
  readonly messages: Message[]
  readonly more: boolean
}

export interface Conversations {
  /** Latest activity first. */
  readonly conversations: Conversation[]
  /** `before` of the next page. */
  readonly next?: string | undefined
}

/**
 * No call causes an unhandled rejection when its promise is dropped. A failure is reported in another way too: a `send`
 * that fails stays in `view.outgoing`, a refused `connect` is the status `refused` and the event `error`, a refused
 * `login` the event `auth`. Of the other calls – `logout` everywhere, `messages`, `conversations`,
 * `createConversation`, `read`, `updateProfile` – only the promise reports it.
 */
export interface Client {
  /** What to draw now. Another object whenever something changed. */
  readonly view: ClientView
  readonly status: Status

  /** `view` is emitted once for all that happened in one turn. @returns a function that removes the listener */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void

  /**
   * Connects, and stays connected until `disconnect`. Resolves with the next state, or at once if connected.
   *
   * @throws ClientError if the hub refuses this client as it is; `offline` if `disconnect` comes first; a network that
   * is away only takes longer
   */
  connect(): Promise<void>

  /** Stops, and keeps everything: `connect` goes on where it was. */
  disconnect(): void

  /** Stops for good. Drafts stay in the storage for the next run; every promise, now and later, rejects with `closed`. */
  close(): void

  /**
   * Signs in. `getToken` is kept, and asked again before its token expires and at each new connection. What the
   * anonymous visitor wrote and typed goes along; drafts of another user who was signed in are rejected. Meanwhile the
   * chat goes on as it is. Without a connection it waits for one, as `connect` does; `signal` ends that, until the
   * token is on its way.
   *
   * @throws ClientError the hub's refusal, after which everything is as before; `not_signed_in` if `getToken` gives
   * nothing; `token_unavailable` if it fails; `cancelled`; `identity_changed` if a later `login` or `logout` came first
   */
  login(getToken: GetToken, options?: { readonly signal?: AbortSignal }): Promise<LoginResult>

  /**
   * Signs out, or drops the anonymous visitor, in all tabs: view, drafts and storage are emptied before the hub is asked.
   *
   * @throws ClientError with `everywhere`, if the hub did not confirm it; this device has signed out all the same
   */
  logout(options?: { readonly everywhere?: boolean }): Promise<void>

  /**
   * Sends a message; it is in `view.outgoing` at once. Without `conversationId` it goes to the latest conversation.
   * It waits for connections and logins as long as it takes, over reloads too, and is stored once.
   *
   * @throws ClientError the hub's final refusal (the message stays in the view as `failed`, over a reload too);
   * `payload_too_large` above 64 KB; `identity_changed`; `outbox_full`; `outcome_unknown`; `cancelled`; `closed`
   */
  send(message: Outgoing): Sending

  /** Sends a failed message once more. @returns `undefined` if no failed message has this `localId` */
  retry(localId: string): Sending | undefined

  /** Takes back a message that failed, or was never handed to a connection; false if it may be stored. */
  cancel(localId: string): boolean

  /** Takes a failed message out of the view; false if no failed message has this `localId`. */
  discard(localId: string): boolean

  /**
   * A page of a conversation's history, oldest first; its messages go into the view, too. Without `before`: the page
   * before those that the view has.
   */
  messages(
    conversationId: string,
    page?: { readonly before?: string; readonly limit?: number },
  ): Promise<Messages>

  /** A page of conversations, latest activity first; they go into the view, too. `before` takes `view.next`. */
  conversations(page?: { readonly before?: string; readonly limit?: number }): Promise<Conversations>

  /** Begins a conversation; in single mode answers with the one there is. */
  createConversation(options?: {
    readonly metadata?: Record<string, string | number | boolean>
  }): Promise<Conversation>

  /** Marks everything up to a position as read, on all devices. */
  read(conversationId: string, position: string): Promise<{ unreadCount: number }>

  /** Tells the other side, which it may not reach. Call it on each key: without further calls typing ends by itself. */
  typing(conversationId: string, active: boolean): void

  updateProfile(profile: Profile): Promise<User>
}
