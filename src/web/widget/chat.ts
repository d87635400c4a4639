/**
 * Between the client and the window: the only file of the widget that knows the client. It makes a `ChatModel` of the
 * client's view, and calls of the window's wishes.
 */
import {
  type AuthEvent,
  type Client,
  type ConversationView,
  createClient,
  type GetToken,
  memoryStorage,
  resolve,
  type OutgoingMessage as Sent,
  type User,
} from "../../client/client.ts"
import type { Message } from "../../protocol/model.ts"
import {
  type ChatConversation,
  type ChatModel,
  type ConnectionState,
  NOTHING,
  type Said,
  type ShownOutgoing,
} from "./chat-model.ts"
import type { WidgetConfig } from "./widget-config.ts"

export type TokenSource = GetToken

export interface ChatEvents {
  changed(model: ChatModel): void
  message(message: Message): void
  auth(event: AuthEvent): void
  /** Another history came in, which the reader had not asked for. */
  merged(): void
}

/** As many as the hub gives at once: the beginning of a long history is fewer pages away. */
const OLDER_PAGE = 100
/** A lost connection that is back so soon is not shown. */
const CALM_MS = 1_500

/** Of refusals: the user has to prove who they are, and there is no token that would. */
const SIGN_IN_CURES: ReadonlySet<string> = new Set(["token_unavailable", "token_revoked"])

export class Chat {
  readonly #client: Client
  readonly #events: ChatEvents
  #model: ChatModel = NOTHING
  #lost: ReturnType<typeof setTimeout> | undefined
  #isLost = false
  #connected = false
  /** By conversation: up to where it was read, while the hub is being told. */
  readonly #reading = new Map<string, string>()

  constructor(config: WidgetConfig, events: ChatEvents) {
    this.#events = events
    const { hub, appId, storage, helpCenter } = config
    this.#client = createClient({
      url: hub,
      appId,
      channel: "web",
      ...(helpCenter && { helpCenter }),
      // A page that keeps nothing has nothing in common with other tabs.
      ...(storage === "memory" && { storage: memoryStorage(), tabs: false as const, locks: false as const }),
    })
    this.#client.on("view", () => this.#draw())
    this.#client.on("status", () => this.#onStatus())
    this.#client.on("message", events.message)
    this.#client.on("auth", events.auth)
    this.#client.on("merge", events.merged)
  }

  get model(): ChatModel {
    return this.#model
  }

  get connected(): boolean {
    return this.#connected
  }

  connect(): void {
    this.#connected = true
    // Dropped: a refusal is in the status, which is drawn.
    this.#client.connect()
    this.#draw()
  }

  close(): void {
    clearTimeout(this.#lost)
    this.#client.close()
  }

  /**
   * A page without a signed-in user says so on every visit: for that alone there is no connection.
   *
   * @throws ClientError
   */
  async login(source: TokenSource): Promise<void> {
    await this.#client.login(async () => {
      const token = await source()
      if (token && !this.#connected) this.connect()
      return token
    })
  }

  async logout(): Promise<void> {
    await this.#client.logout()
  }

  /** It is in the model at once; its outcome is shown there, so the promise is dropped. */
  send(content: Said, conversationId?: string): void {
    this.#client.send({ content, ...(conversationId !== undefined && { conversationId }) })
  }

  retry(localId: string): void {
    this.#client.retry(localId)
  }

  remove(localId: string): void {
    this.#client.discard(localId)
  }

  /** @returns the id of the new conversation @throws ClientError */
  async begin(): Promise<string> {
    return (await this.#client.createConversation()).id
  }

  typing(conversationId: string, active: boolean): void {
    this.#client.typing(conversationId, active)
  }

  /** One request at a time, then the latest: a reader who scrolls sees a hundred messages in a second. */
  read(conversationId: string, position: string): void {
    const asked = this.#reading.get(conversationId)
    if (asked !== undefined && asked >= position) return
    this.#reading.set(conversationId, position)
    if (asked !== undefined) return
    const over = (): void => {
      const latest = this.#reading.get(conversationId)
      this.#reading.delete(conversationId)
      if (latest !== undefined && latest > position) this.read(conversationId, latest)
    }
    this.#client.read(conversationId, position).then(over, over)
  }

  async older(conversationId: string): Promise<void> {
    await this.#client.messages(conversationId, { limit: OLDER_PAGE })
  }

  async moreConversations(): Promise<void> {
    const { next } = this.#client.view
    await this.#client.conversations(next === undefined ? {} : { before: next })
  }

  /** The conversation an id names today. */
  resolve(id: string): string {
    return resolve(this.#client.view, id)
  }

  /** Makes the model anew: what it was made of may have been another person's. */
  refresh(): void {
    this.#draw()
  }

  #onStatus(): void {
    const { state } = this.#client.status
    if (state !== "waiting" && state !== "connecting") {
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

  #line(): ConnectionState {
    const { status, view } = this.#client
    switch (status.state) {
      case "offline":
      case "closed":
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
        return status.renewing ? "live" : "signed-out"
      case "refused":
        return SIGN_IN_CURES.has(status.error.code) ? "signed-out" : "refused"
    }
  }

  #draw(): void {
    const { view } = this.#client
    const { user } = view
    const person = user && personOf(user)
    this.#model = {
      line: this.#line(),
      ...(user && { userId: user.id }),
      ...(person && { person }),
      mode: view.settings?.conversationMode ?? "single",
      conversations: view.conversations.map(conversationOf),
      moreConversations: view.more,
      outgoing: view.outgoing.map(outgoingOf),
      unread: view.unread,
      typing: view.typing,
      agentsOnline: view.agentsOnline ?? false,
    }
    this.#events.changed(this.#model)
  }
}

const personOf = ({ externalId, profile }: User): ChatModel["person"] =>
  externalId === undefined ? undefined : { externalId, name: profile.name || profile.email || externalId }

const conversationOf = (view: ConversationView): ChatConversation => ({
  ...view,
  readTo: { user: view.readTo.user ?? "", business: view.readTo.business ?? "" },
})

const outgoingOf = ({ localId, conversationId, content, typedAt, status, error }: Sent): ShownOutgoing => ({
  localId,
  ...(conversationId !== undefined && { conversationId }),
  content,
  typedAt,
  state: status === "pending" ? "waiting" : status,
  ...(error && { code: error.code }),
})
