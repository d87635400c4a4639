/** The console in a browser, as an agent handles it; and the people at the other end, over plain sockets. */
import { randomUUID } from "node:crypto"
import type { Locator, Page, WebSocketRoute } from "playwright-core"
import { io, type Socket } from "socket.io-client"
import { onTestFinished } from "vitest"
import type { Stage } from "./browser-stage.ts"
import type { TestApp } from "./started-hub.ts"

export class ConsolePage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  get rows(): Locator {
    return this.page.locator(".inbox .ticket-row")
  }

  row(words: string): Locator {
    return this.rows.filter({ hasText: words })
  }

  /** The names in the inbox, from the top. */
  names(): Promise<string[]> {
    return this.page.locator(".inbox .ticket-row-name").allTextContents()
  }

  async open(words: string): Promise<void> {
    await this.row(words).first().click()
    await this.field.waitFor()
  }

  get conversation(): Locator {
    return this.page.locator("main.conversation")
  }

  get heading(): Locator {
    return this.conversation.getByRole("heading", { level: 1 })
  }

  get field(): Locator {
    return this.page.locator("#composer")
  }

  get profile(): Locator {
    return this.page.locator("aside.profile")
  }

  entry(words: string): Locator {
    return this.conversation.locator(".entry").filter({ hasText: words })
  }

  /** What stands in the conversation, from the top: texts, with a mark where they bear one, and lines by their kind. */
  entries(): Promise<string[]> {
    return this.conversation.locator("[data-row], .entry-line").evaluateAll((rows) =>
      rows.map((row) => {
        if (row.classList.contains("identity-line")) return "— identity —"
        if (row.classList.contains("entry-line")) return `— ${row.textContent} —`
        const words = row.querySelector(".bubble")?.textContent ?? ""
        return row.querySelector(".entry-facts .check-mark") ? `${words} ✓` : words
      }),
    )
  }

  async reply(text: string): Promise<void> {
    await this.field.fill(text)
    await this.field.press("Enter")
  }

  async note(text: string): Promise<void> {
    await this.page.locator("#mode-note").click()
    await this.reply(text)
  }

  get status(): Locator {
    return this.conversation.getByRole("combobox", { name: "Status" })
  }

  get assignee(): Locator {
    return this.conversation.getByRole("combobox", { name: "Assigned to" })
  }

  get search(): Locator {
    return this.page.locator("#search")
  }
}

/** An agent who follows their link. */
export async function enter(
  here: Stage,
  app: TestApp,
  agentId: string,
  name: string,
  options: Parameters<Stage["profile"]>[0] = {},
  before: (page: Page) => Promise<void> = async () => undefined,
): Promise<ConsolePage> {
  const { path } = await here.hub.admin<{ path: string }>(
    "POST",
    `/v1/apps/${app.id}/agents/${agentId}/links`,
    { name },
  )
  const page = await here.page(await here.profile({ viewport: { width: 1440, height: 900 }, ...options }))
  page.setDefaultTimeout(10_000)
  await before(page)
  await page.goto(`${here.hub.url}${path}`)
  const console = new ConsolePage(page)
  await page.locator(".rail-agent").filter({ hasText: name }).waitFor({ state: "attached" })
  return console
}

/** A line that may be slow – what the hub tells comes late, what it answers comes in time – or cut. */
export class Line {
  readonly #sockets = new Set<WebSocketRoute>()
  #page: Page | undefined
  #held: (() => void)[] | undefined
  #isCut = false

  readonly lay = async (page: Page): Promise<void> => {
    this.#page = page
    await page.routeWebSocket(/socket\.io/, (socket) => {
      if (this.#isCut) {
        void socket.close()
        return
      }
      this.#sockets.add(socket)
      const hub = socket.connectToServer()
      hub.onMessage((frame) => {
        const pass = (): void => socket.send(frame)
        if (this.#held && String(frame).includes('["event"')) this.#held.push(pass)
        else pass()
      })
    })
  }

  hold(): void {
    this.#held = []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const pass of held) pass()
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) void socket.close()
    this.#sockets.clear()
  }

  /** A browser whose network is back says so to its pages. */
  async mend(): Promise<void> {
    this.#isCut = false
    await this.#page?.evaluate(() => void dispatchEvent(new Event("online")))
  }
}

/** A user who writes, or a colleague, over a socket of their own. */
export class Person {
  readonly socket: Socket
  readonly received: { readonly name: string; readonly data: unknown }[] = []
  conversationId: string | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.onAny((name: string, data: unknown) => this.received.push({ name, data }))
  }

  static async come(url: string, namespace: "/messaging" | "/agent", auth: object): Promise<Person> {
    const socket = io(`${url}${namespace}`, {
      transports: ["websocket"],
      forceNew: true,
      auth: { v: 1, ...auth },
    })
    onTestFinished(() => void socket.disconnect())
    const person = new Person(socket)
    // A visitor who reconnects is the same visitor.
    socket.on("ready", ({ sessionToken }: { sessionToken?: string }) => {
      if (sessionToken !== undefined) socket.auth = { v: 1, ...auth, sessionToken }
    })
    await new Promise<void>((resolve, reject) => {
      socket.once("ready", () => resolve())
      socket.once("connect_error", reject)
    })
    return person
  }

  static visitor(here: Stage, app: TestApp, auth: object = {}): Promise<Person> {
    return Person.come(here.hub.url, "/messaging", { appId: app.id, channel: "web", ...auth })
  }

  async ask<T>(command: string, body: object): Promise<T> {
    // The boundary: what the hub answers is tested elsewhere.
    const ack = (await this.socket.timeout(10_000).emitWithAck(command, body)) as {
      ok: boolean
      result: T
      error?: { message: string }
    }
    if (!ack.ok) throw new Error(`${command}: ${ack.error?.message}`)
    return ack.result
  }

  /** Goes on in the conversation that was begun. */
  async say(text: string, more: object = {}): Promise<string> {
    const { message } = await this.ask<{ message: { conversationId: string; position: string } }>(
      "message:send",
      {
        localId: randomUUID(),
        content: { type: "text", text },
        ...(this.conversationId !== undefined && { conversationId: this.conversationId }),
        ...more,
      },
    )
    this.conversationId = message.conversationId
    return message.position
  }

  /** In a conversation of its own. */
  async begin(text: string): Promise<void> {
    const { conversation } = await this.ask<{ conversation: { id: string } }>("conversation:create", {})
    await this.say(text, { conversationId: conversation.id })
  }

  name(name: string): Promise<unknown> {
    return this.ask("profile:update", { name })
  }

  signIn(jwt: string): Promise<unknown> {
    return this.ask("login", { jwt })
  }

  typing(active = true): Promise<unknown> {
    return this.ask(active ? "typing:start" : "typing:stop", { conversationId: this.conversationId })
  }
}
