/**
 * Chapter 7: the client of the hub for browsers and Node: one connection that always comes back, a
 * view that follows the feed, an outbox that loses and doubles nothing.
 *
 * Reading order: `client-api.ts` is what a host sees. `user-view.ts` and `conversation-view.ts` (what is known),
 * `client-feed.ts` (following without a gap), `outbox.ts` and `draft-owner.ts` (what is to be sent, and whose it is)
 * are pure, and so is `reduce.ts` with the files it calls: it decides about connection and identity.
 * `client-runtime.ts` performs what is decided.
 *
 * ```ts
 * const client = createClient({ url: "https://chat.example.com", appId: "demo", channel: "web" })
 * client.on("view", (view) => draw(view))
 * client.connect()
 * client.send({ text: "Hello" })
 * await client.login(async () => (await fetch("/chat-token")).text())
 * ```
 */
import type { Client, Outgoing, Sending } from "./client-api.ts"
import type { Content, Conversation, Message, OwnContent, User } from "./client-model.ts"
import { type ClientOptions, settled } from "./client-options.ts"
import { createRuntime } from "./client-runtime.ts"
import { statusOf } from "./client-state.ts"
import type { ClientEvents } from "./client-status.ts"
import { clientViewOf } from "./client-view.ts"
import { quiet } from "./deferred.ts"
import { createEmitter } from "./emitter.ts"
import { historyCalls } from "./history-calls.ts"
import { newLocalId } from "./local-id.ts"
import type { SendBody } from "./outbox.ts"
import type { ClientView } from "./view-model.ts"

export type { Client, Conversations, Messages, Outgoing, Sending } from "./client-api.ts"
export { ClientError, type LocalCode } from "./client-error.ts"
export type { Author, Channel, Profile, ReadTo } from "./client-model.ts"
export type { ClientOptions, SocketFactory } from "./client-options.ts"
export type { AuthEvent, ClientEvents, Gap, MergeEvent, Status } from "./client-status.ts"
export { memoryStorage, type Storage } from "./client-storage.ts"
export type { OpenTabChannel, TabChannel } from "./tab-channel.ts"
export type { TabLocks } from "./tab-locks.ts"
export type { GetToken, LoginResult } from "./token-source.ts"
export {
  type ClientView,
  type ConversationView,
  firstUnread,
  isOwn,
  isSeen,
  type OutgoingMessage,
  resolve,
} from "./view-model.ts"
export type { Content, Conversation, Message, User }

export function createClient(options: ClientOptions): Client {
  const settings = settled(options)
  const emitter = createEmitter<ClientEvents>()
  let shown: ClientView | undefined
  let told = true
  const runtime = createRuntime(settings, emitter, () => {
    shown = undefined
    if (!told) return
    told = false
    // Once for all that happens in one turn.
    queueMicrotask(() => {
      told = true
      emitter.emit("view", view())
      completePartial()
    })
  })
  const { account, calls, context, ownTyping } = runtime
  const { dispatch } = context
  const { sender } = account

  const view = (): ClientView => {
    shown ??= clientViewOf(runtime)
    return shown
  }

  /** Fetches the rest of conversations that became known by a message: the first page of the list has them now. */
  let completing = false
  const completePartial = (): void => {
    if (completing || !account.view?.conversations.some(({ partial }) => partial)) return
    completing = true
    const over = (): void => {
      completing = false
    }
    client.conversations().then(over, over)
  }

  const client: Client = {
    get view() {
      return view()
    },
    get status() {
      return statusOf(context.state)
    },
    on: emitter.on,
    connect: calls.connect,
    disconnect: () => dispatch({ type: "disconnect" }),
    close: () => dispatch({ type: "close" }),
    login: calls.login,
    logout: calls.logout,
    send(message) {
      const body = bodyOf(message)
      const goesTo = body.conversationId ?? account.view?.conversations[0]?.id
      if (goesTo) ownTyping.forget(goesTo)
      return sending(body.localId, sender.send(body))
    },
    retry(localId) {
      const stored = sender.retry(localId)
      return stored && sending(localId, stored)
    },
    cancel: sender.cancel,
    discard: sender.discard,
    ...historyCalls(runtime),
    typing: ownTyping.typing,
  }
  runtime.load()
  return client
}

const sending = (localId: string, stored: Promise<Message>): Sending =>
  Object.assign(quiet(stored), { localId })

function bodyOf(message: Outgoing): SendBody {
  const { conversationId, metadata, ifHead, localId = newLocalId() } = message
  const content: OwnContent = "content" in message ? message.content : { type: "text", text: message.text }
  return { localId, conversationId, content, metadata, ifHead }
}
