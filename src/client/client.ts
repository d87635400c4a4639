/**
 * Chapter 6: the other end. The client of the hub for browsers and Node: one connection that always comes back, a
 * view that follows the feed, an outbox that loses and doubles nothing.
 *
 * Reading order: `view.ts` and `conversation.ts` (what is known), `feed.ts` (following without a gap), `outbox.ts`
 * and `identity.ts` (what is to be said, and whose it is) are pure; `link.ts` is one connection, `session.ts` the life
 * around it, with `person.ts`, `signing.ts`, `objections.ts`, `healer.ts` and `sender.ts` at work on it.
 *
 * ```ts
 * const client = createClient({ url: "https://chat.example.com", appId: "demo", channel: "web" })
 * client.on("view", (view) => draw(view))
 * await client.connect()
 * client.send({ text: "Hello" })
 * await client.login(async () => (await fetch("/chat-token")).text())
 * ```
 */
import type { Body, Result } from "../protocol/commands.ts"
import type { Conversation, Message, User } from "../protocol/model.ts"
import { createEmitter } from "./emitter.ts"
import { ClientError } from "./errors.ts"
import { newLocalId } from "./local-id.ts"
import { type ClientOptions, settled } from "./options.ts"
import { type ClientView, pictureOf } from "./picture.ts"
import { measure, request } from "./requests.ts"
import { Session } from "./session.ts"
import type { ClientEvents, Status } from "./status.ts"
import { openVault } from "./storage.ts"
import type { GetToken, LoginResult } from "./tokens.ts"
import { applyConversations, applyPage, resolve } from "./view.ts"

export type { ConversationView } from "./conversation.ts"
export { ClientError, type LocalCode } from "./errors.ts"
export type { ClientOptions, SocketFactory } from "./options.ts"
export type { ClientView, OutgoingMessage } from "./picture.ts"
export type { AuthEvent, ClientEvents, Status } from "./status.ts"
export { memoryStorage, type Storage } from "./storage.ts"
export type { OpenTabChannel, TabChannel } from "./tabs.ts"
export type { GetToken, LoginResult } from "./tokens.ts"
export type { Conversation, Message, User }

/** What to send: `text` is short for `content: { type: "text", text }`. */
export type Outgoing = Omit<Body<"message:send">, "localId" | "content"> &
  ({ readonly text: string } | Pick<Body<"message:send">, "content">)

export interface Client {
  /** What to draw now. Another object whenever something changed. */
  readonly view: ClientView
  readonly status: Status

  /** @returns what takes the listener off again */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void

  /**
   * Connects, and stays connected until `disconnect`. Resolves with the first state.
   *
   * @throws ClientError if the hub refuses this client as it is; a network that is away only takes longer
   */
  connect(): Promise<void>

  /** Stops, and keeps everything: `connect` goes on where it was. */
  disconnect(): void

  /** Stops for good. Drafts stay in the storage for the next run; their promises reject with `closed`. */
  close(): void

  /**
   * Signs in. `getToken` is kept, and asked again before its token expires and at each new connection. Before
   * `connect` it waits for the handshake. What the anonymous visitor wrote and typed goes along; drafts of another
   * person who was signed in are rejected.
   *
   * @throws ClientError the hub's refusal, after which everything is as before; `identity_changed` if a later
   * `login` or `logout` came first
   */
  login(getToken: GetToken): Promise<LoginResult>

  /**
   * Signs out, or drops the anonymous visitor: view, drafts and storage are emptied before the hub is told.
   *
   * @throws ClientError with `everywhere`, if the hub did not confirm it; this device has signed out all the same
   */
  logout(options?: { readonly everywhere?: boolean }): Promise<void>

  /**
   * Sends a message; it is in `view.outgoing` at once. Without `conversationId` it goes to the latest conversation.
   * It waits for connections and logins as long as it takes, over reloads too, and is stored once.
   *
   * @returns the stored message
   * @throws ClientError the hub's final refusal (the message stays in the view as `failed`); `payload_too_large`
   * above 64 KB; `identity_changed`; `outbox_full`; `outcome_unknown`; `closed`
   */
  send(message: Outgoing): Promise<Message>

  /** Takes a failed message out of the view; false if there is no such. */
  discard(localId: string): boolean

  /** A page of a history, oldest first, also into the view. Without `before`: what lies before the view's own. */
  messages(
    conversationId: string,
    page?: { readonly before?: string; readonly limit?: number },
  ): Promise<Result<"message:list">>

  /** A page of conversations, latest activity first, also into the view; `before` takes the last `next`. */
  conversations(page?: Body<"conversation:list">): Promise<Result<"conversation:list">>

  /** Begins a conversation; in single mode answers with the one there is. */
  createConversation(options?: Pick<Body<"conversation:create">, "metadata">): Promise<Conversation>

  /** Marks everything up to a position as read, on all devices. */
  read(conversationId: string, position: string): Promise<Result<"conversation:read">>

  /** Tells the other side; said again every few seconds while it lasts. May be lost. */
  typing(conversationId: string, active: boolean): void

  updateProfile(profile: Body<"profile:update">): Promise<User>
}

export function createClient(options: ClientOptions): Client {
  const settings = settled(options)
  const emitter = createEmitter<ClientEvents>()
  const unstored = (cause: unknown): void =>
    emitter.emit("error", new ClientError("internal", `The storage does not store: ${String(cause)}`))
  const vault = openVault(settings.storage, `tributary:${settings.appId}`, unstored)
  let picture: ClientView | undefined
  const session: Session = new Session(settings, vault, emitter, () => {
    picture = undefined
    emitter.emit("view", view())
    completePartial()
  })
  const view = (): ClientView => {
    picture ??= pictureOf(session.history.view, session.sender.outbox, session.history.owner)
    return picture
  }

  /** A message came for a conversation that is older than those of the state: the list has it on top now. */
  let completing = false
  const completePartial = (): void => {
    if (completing || !session.history.view?.conversations.some(({ partial }) => partial)) return
    completing = true
    const over = (): void => {
      completing = false
    }
    conversations().then(over, over)
  }

  const conversations: Client["conversations"] = async (page = {}) => {
    const { turn } = session.history
    const result = await request(session, "conversation:list", page)
    const more = page.before === undefined ? undefined : result.next !== undefined
    // After a new state the page may be older than what it says.
    if (turn === session.history.turn) {
      session.history.change((known) => applyConversations(known, result.conversations, more ?? known.more))
    }
    return result
  }
  void session.load()

  return {
    get view() {
      return view()
    },
    get status() {
      return session.status
    },
    on: (name, listener) => emitter.on(name, listener),
    connect: () => session.connect(),
    disconnect: () => session.disconnect(),
    close: () => session.close(),
    login: (getToken) => session.login(getToken),
    logout: (how = {}) => session.logout(how.everywhere === true),
    async send(message) {
      const body = bodyOf(message)
      measure(body)
      return await session.sender.send(body, session.history.owner)
    },
    discard: (localId) => session.sender.discard(localId),
    async messages(conversationId, { before, limit } = {}) {
      const from = before ?? completeFrom(session, conversationId)
      const body = {
        conversationId,
        ...(from !== undefined && { before: from }),
        ...(limit !== undefined && { limit }),
      }
      const result = await request(session, "message:list", body)
      session.history.change((known) => applyPage(known, conversationId, result, from))
      return result
    },
    conversations,
    async createConversation({ metadata } = {}) {
      const body = { localId: newLocalId(), ...(metadata && { metadata }) }
      const { conversation } = await request(session, "conversation:create", body)
      return conversation
    },
    read: (conversationId, position) => request(session, "conversation:read", { conversationId, position }),
    typing(conversationId, active) {
      session.line?.command(active ? "typing:start" : "typing:stop", { conversationId }, () => undefined)
    },
    async updateProfile(profile) {
      return (await request(session, "profile:update", profile)).user
    },
  }
}

function bodyOf(message: Outgoing): Body<"message:send"> {
  const { conversationId, metadata, ifHead } = message
  return {
    localId: newLocalId(),
    ...(conversationId !== undefined && { conversationId }),
    content: "content" in message ? message.content : { type: "text", text: message.text },
    ...(metadata && { metadata }),
    ...(ifHead !== undefined && { ifHead }),
  }
}

/** Where the view's own messages begin; `undefined` if there is nothing before them, or none of them. */
function completeFrom({ history: { view } }: Session, conversationId: string): string | undefined {
  if (!view) return undefined
  const id = resolve(view, conversationId)
  const known = view.conversations.find((conversation) => conversation.id === id)
  return known?.completeFrom !== "" && known && known.messages.length > 0 ? known.completeFrom : undefined
}
