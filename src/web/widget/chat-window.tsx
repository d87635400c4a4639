/** What the window does: opens and closes, signs in and out, and tells the host's page. */
import type { ComponentChild } from "preact"
import type { AuthEvent } from "../../client/client.ts"
import { oncePerFrame } from "../ui/frame.ts"
import { Chat } from "./chat.ts"
import { type ChatModel, NOTHING, type Said } from "./chat-model.ts"
import { ComposerDrafts } from "./composer-drafts.ts"
import { RowKeys } from "./entries.ts"
import { erase } from "./erase.ts"
import type { HostEvents, WindowCommand } from "./host.ts"
import { callback, type Done, failureOf } from "./host-answer.ts"
import { tokenSource } from "./host-token.ts"
import { Panel, type PanelPage } from "./panel.tsx"
import type { Shell } from "./shell.ts"
import { localeOf, type WidgetConfig } from "./widget-config.ts"
import { Provider, type WindowSurroundings } from "./window-context.ts"
import { englishWords, type Words, wordsFor } from "./words/words.ts"

const NOTICE_MS = 6_000

export class ChatWindow {
  readonly #shell: Shell
  readonly #draw: (drawn: ComponentChild) => void
  readonly #drafts: ComposerDrafts
  readonly #keys = new RowKeys()
  readonly #chat: Chat
  #config: WidgetConfig
  #model: ChatModel = NOTHING
  #page: PanelPage | undefined
  #open = false
  #notice = ""
  #noticeTimer: ReturnType<typeof setTimeout> | undefined
  #words: Words
  /** The same one while it says the same, or each drawing would draw every row again. */
  #surroundings: WindowSurroundings
  #removed = false

  constructor(shell: Shell, draw: (drawn: ComponentChild) => void) {
    this.#shell = shell
    this.#draw = draw
    this.#config = shell.config
    const { hub, appId, storage } = shell.config
    this.#drafts = new ComposerDrafts(
      storage === "memory" ? undefined : `tributary-widget:typed:${hub}:${appId}`,
    )
    this.#words = englishWords(this.#locale, shell.config.texts)
    this.#chat = new Chat(shell.config, {
      changed: (model) => this.#changed(model),
      message: (message) => shell.listeners.emit("message", { message }),
      auth: (event) => this.#onAuth(event),
      merged: () => this.#tell(this.#words("joined")),
    })
    this.#surroundings = this.#surround()
    shell.onConfig((config) => {
      this.#config = config
      this.#speak()
    })
    document.addEventListener("visibilitychange", this.#redraw)
    this.#speak()
    // A visitor who has written before may have an answer, so it connects at once.
    if (shell.known()) this.#chat.connect()
  }

  perform(command: WindowCommand, args: readonly unknown[]): void {
    switch (command) {
      case "open":
      case "close":
        this.#setOpen(command === "open")
        break
      case "toggle":
        this.#setOpen(!this.#open)
        break
      case "newConversation":
        this.#page = { kind: "begin" }
        this.#setOpen(true)
        break
      case "loginUser":
        void this.#login(args[0], callback(args[1]))
        break
      case "logoutUser":
        void this.#logout(callback(args[0]))
        break
    }
  }

  remove(): void {
    this.#removed = true
    clearTimeout(this.#noticeTimer)
    document.removeEventListener("visibilitychange", this.#redraw)
    this.#chat.close()
  }

  get #locale(): string {
    return localeOf(this.#config)
  }

  #speak(): void {
    wordsFor(this.#locale, this.#config.texts).then((words) => {
      this.#words = words
      this.#surroundings = this.#surround()
      this.#redraw()
    })
  }

  #setOpen(open: boolean): void {
    this.#turn()
    if (open === this.#open) return
    this.#open = open
    if (open && !this.#chat.connected) this.#chat.connect()
    this.#shell.setOpen(open)
    this.#shell.setUnread(this.#model.unread)
    this.#shell.listeners.emit(open ? "open" : "close", {})
  }

  async #login(given: unknown, done: Done): Promise<void> {
    const source = tokenSource(given)
    if (!source) {
      const message = "loginUser takes a function that gives a token."
      console.warn(`tributary: ${message}`)
      done({ code: "bad_request", message })
      return
    }
    try {
      await this.#chat.login(source)
      done(null)
    } catch (error) {
      done(failureOf(error))
    }
  }

  async #logout(done: Done): Promise<void> {
    // The client forgets at once, before it asks the hub; then what is drawn: the next person may be another one.
    const left = this.#chat.logout()
    this.#forget()
    await left.then(
      () => done(null),
      (error: unknown) => done(failureOf(error)),
    )
  }

  /** Removes what the window itself holds of a person. */
  #forget(): void {
    this.#drafts.clear()
    this.#keys.clear()
    this.#page = undefined
    this.#notice = ""
    this.#shell.setKnown(false)
    this.#shell.setUnread(0)
    // Also what is typed at the moment: the fields are taken down, and made anew.
    const drawn = [...this.#shell.stage.querySelectorAll(".panel, .panel *")]
    this.#draw(null)
    erase(drawn)
    this.#chat.refresh()
  }

  #onAuth(event: AuthEvent): void {
    if (event.type === "expiring") return
    if (event.type === "logout" || (event.type === "login" && event.outcome === "switched")) this.#forget()
    if (event.type === "login" && event.outcome === "merged") this.#tell(this.#words("joined"))
    this.#shell.listeners.emit("auth", toldOf(event))
  }

  #changed(model: ChatModel): void {
    const { unread } = this.#model
    this.#model = model
    if (model.unread !== unread) {
      this.#shell.setUnread(model.unread)
      this.#shell.listeners.emit("unread", { count: model.unread })
    }
    if (model.userId !== undefined) this.#drafts.belongTo(model.userId)
    if (model.userId !== undefined)
      this.#shell.setKnown(!model.person && (model.conversations.length > 0 || model.outgoing.length > 0))
    this.#redraw()
  }

  #tell(notice: string): void {
    this.#notice = notice
    clearTimeout(this.#noticeTimer)
    this.#noticeTimer = setTimeout(() => {
      this.#notice = ""
      this.#redraw()
    }, NOTICE_MS)
    this.#redraw()
  }

  async #send(content: Said): Promise<boolean> {
    const page = this.#pageNow()
    if (page.kind === "begin") {
      try {
        const id = await this.#chat.begin()
        this.#chat.send(content, id)
        this.#page = { kind: "conversation", id }
        this.#turn()
        return true
      } catch {
        this.#tell(this.#words("notCreated"))
        return false
      }
    }
    this.#chat.send(content, page.kind === "conversation" ? page.id : undefined)
    return true
  }

  #pageNow(): PanelPage {
    if (this.#model.mode === "single") return { kind: "latest" }
    const { conversations } = this.#model
    return this.#page ?? { kind: conversations.length > 0 ? "list" : "begin" }
  }

  #drawNow(): void {
    if (!this.#removed) this.#draw(this.#open ? this.#drawn() : null)
  }

  readonly #redraw = oncePerFrame(() => this.#drawNow())

  /** What the page or the visitor asked for is there before anything else happens: what is typed next goes there. */
  #turn(): void {
    queueMicrotask(() => this.#drawNow())
  }

  #surround(): WindowSurroundings {
    return {
      chat: this.#chat,
      words: this.#words,
      locale: this.#locale,
      drafts: this.#drafts,
      keys: this.#keys,
    }
  }

  #drawn(): ComponentChild {
    return (
      <Provider value={this.#surroundings}>
        <Panel
          model={this.#model}
          page={this.#pageNow()}
          title={this.#config.title}
          attentive={document.visibilityState === "visible"}
          notice={this.#notice}
          onPage={(page) => {
            this.#page = page
            this.#turn()
          }}
          onClose={() => {
            this.#setOpen(false)
            this.#shell.focusLauncher()
          }}
          onSend={(content) => this.#send(content)}
        />
      </Provider>
    )
  }
}

function toldOf(event: Exclude<AuthEvent, { type: "expiring" }>): HostEvents["auth"] {
  switch (event.type) {
    case "login":
      return { type: "login", externalId: event.user.externalId, outcome: event.outcome }
    case "token_failed":
      return { type: "failed", code: event.error.code, message: event.error.message }
    default:
      return { type: event.type }
  }
}
