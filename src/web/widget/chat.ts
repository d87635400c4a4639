/**
 * Between the client and the window: the only file of the widget that knows the client. It makes a `ChatModel` of the
 * client's view, and calls of the window's wishes.
 */
import {
  type AuthEvent,
  type Client,
  type ConversationView,
  createClient,
  memoryStorage,
  type OutgoingMessage as Sent,
} from "../../client/client.ts"
import type { Author, Content, Message } from "../../protocol/model.ts"
import {
  type ChatConversation,
  type ChatModel,
  type Line,
  NOTHING,
  type OutgoingMessage,
} from "./chat-model.ts"
import type { Config } from "./config.ts"

export type TokenSource = () => string | null | undefined | Promise<string | null | undefined>

export interface ChatEvents {
  changed(model: ChatModel): void
  message(message: Message): void
  auth(event: AuthEvent): void
  /** Another history came in, which the reader had not asked for. */
  merged(): void
}

/** A lost connection that is back so soon is no news. */
const CALM_MS = 1_500
const TYPING_MS = 10_000

export class Chat {
  readonly #client: Client
  readonly #events: ChatEvents
  readonly #typing = new Map<string, { authors: readonly Author[]; timer: ReturnType<typeof setTimeout> }>()
  #model: ChatModel = NOTHING
  #lost: ReturnType<typeof setTimeout> | undefined
  #isLost = false
  #agentsOnline = false
  #connected = false

  constructor(config: Config, events: ChatEvents) {
    this.#events = events
    const { hub, appId, storage, helpCenter } = config
    this.#client = createClient({
      url: hub,
      appId,
      channel: "web",
      ...(helpCenter && { helpCenter }),
      // Of a page that keeps nothing, the others are strangers.
      ...(storage === "memory" && { storage: memoryStorage(), tabs: false as const }),
    })
    const draw = (): void => this.#draw()
    this.#client.on("view", draw)
    this.#client.on("status", () => this.#onStatus())
    this.#client.on("message", (message) => events.message(message))
    this.#client.on("auth", (event) => events.auth(event))
    this.#client.on("presence", ({ agentsOnline }) => {
      this.#agentsOnline = agentsOnline
      this.#draw()
    })
    this.#client.on("typing", ({ conversationId, author, active }) =>
      this.#types(conversationId, author, active),
    )
  }

  get model(): ChatModel {
    return this.#model
  }

  get connected(): boolean {
    return this.#connected
  }

  connect(): void {
    this.#connected = true
    // A refusal is in the status, which is drawn.
    this.#client.connect().catch(() => undefined)
    this.#draw()
  }

  close(): void {
    clearTimeout(this.#lost)
    for (const { timer } of this.#typing.values()) clearTimeout(timer)
    this.#client.close()
  }

  /** @throws ClientError */
  async login(source: TokenSource): Promise<{ outcome: string }> {
    const result = this.#client.login(async () => (await source()) ?? "")
    if (!this.#connected) this.connect()
    return await result
  }

  async logout(): Promise<void> {
    await this.#client.logout()
  }

  /** It is in the model at once; what becomes of it is told there. */
  send(content: Content, conversationId?: string): void {
    // The boundary: the window makes only what a visitor may say.
    const said = content as Exclude<Content, { type: "form" }>
    this.#client
      .send({ content: said, ...(conversationId !== undefined && { conversationId }) })
      .catch(() => undefined)
  }

  retry(localId: string): void {
    const failed = this.#model.outgoing.find((message) => message.localId === localId)
    if (!failed || !this.#client.discard(localId)) return
    this.send(failed.content, failed.conversationId)
  }

  remove(localId: string): void {
    this.#client.discard(localId)
  }

  /** @returns the id of the new conversation */
  async begin(): Promise<string> {
    return (await this.#client.createConversation()).id
  }

  typing(conversationId: string, active: boolean): void {
    this.#client.typing(conversationId, active)
  }

  read(conversationId: string, position: string): void {
    this.#client.read(conversationId, position).catch(() => undefined)
  }

  async older(conversationId: string): Promise<void> {
    await this.#client.messages(conversationId)
  }

  async moreConversations(): Promise<void> {
    const last = this.#client.view.conversations.at(-1)
    await this.#client.conversations(last ? { before: last.id } : {})
  }

  /** The conversation an id names today. */
  resolve(id: string): string {
    const { aliases } = this.#client.view
    let current = id
    for (let next = aliases[current]; next !== undefined; next = aliases[current]) current = next
    return current
  }

  #types(conversationId: string, author: Author, active: boolean): void {
    const known = this.#typing.get(conversationId)
    clearTimeout(known?.timer)
    if (!active) this.#typing.delete(conversationId)
    else {
      const timer = setTimeout(() => this.#types(conversationId, author, false), TYPING_MS)
      this.#typing.set(conversationId, { authors: [author], timer })
    }
    this.#draw()
  }

  #onStatus(): void {
    const { state } = this.#client.status
    const away = state === "waiting" || state === "connecting"
    if (!away) {
      clearTimeout(this.#lost)
      this.#lost = undefined
      this.#isLost = false
    } else
      this.#lost ??= setTimeout(() => {
        this.#isLost = true
        this.#draw()
      }, CALM_MS)
    this.#draw()
  }

  #line(): Line {
    const { status, view } = this.#client
    switch (status.state) {
      case "offline":
        return "idle"
      case "live":
      case "stale":
        return "live"
      case "waiting":
      case "connecting":
        return this.#isLost ? "offline" : view.user ? "live" : "starting"
      case "expired":
      case "parked":
      case "revoked":
        return "signed-out"
      case "refused":
      case "closed":
        return "refused"
    }
  }

  #draw(): void {
    const { view } = this.#client
    const { user } = view
    this.#model = {
      line: this.#line(),
      ...(user && { userId: user.id }),
      ...(user?.externalId !== undefined && {
        person: {
          externalId: user.externalId,
          name: user.profile.name || user.profile.email || user.externalId,
        },
      }),
      mode: view.settings?.conversationMode ?? "single",
      conversations: view.conversations.map(conversationOf),
      moreConversations: view.more ?? false,
      outgoing: view.outgoing.map(outgoingOf),
      unread: view.conversations.reduce((sum, { unreadCount }) => sum + unreadCount, 0),
      typing: Object.fromEntries(
        [...this.#typing].map(([id, { authors }]) => [this.resolve(id), authors] as const),
      ),
      agentsOnline: this.#agentsOnline,
    }
    this.#events.changed(this.#model)
  }
}

const conversationOf = (view: ConversationView): ChatConversation => ({
  ...view,
  readTo: { user: view.readTo.user ?? "", business: view.readTo.business ?? "" },
})

const outgoingOf = ({ localId, conversationId, content, typedAt, status, error }: Sent): OutgoingMessage => ({
  localId,
  ...(conversationId !== undefined && { conversationId }),
  content,
  typedAt,
  state: status === "failed" ? "failed" : "waiting",
  ...(error && { code: error.code }),
})
