/** Who is typing: this user, repeated to the hub now and then; the other side, shown until it ends or is silent. */
import type { Clock } from "../lib/clock.ts"
import type { Author } from "./client-model.ts"

/** The hub forgets a typist after 10 s; the signal is repeated this often while keys are pressed. */
const REPEAT_MS = 4_000
/** Without a key for this long typing has stopped. */
const PAUSE_MS = 6_000
/** As the hub: a typist without further signals has stopped. */
const EXPIRY_MS = 10_500

export class OwnTyping {
  readonly #clock: Clock
  readonly #tell: (conversationId: string, active: boolean) => void
  readonly #typed = new Map<string, { readonly toldAt: number; readonly stop: () => void }>()

  constructor(clock: Clock, tell: (conversationId: string, active: boolean) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** May be called on each key. */
  typing(conversationId: string, active: boolean): void {
    const known = this.#typed.get(conversationId)
    known?.stop()
    this.#typed.delete(conversationId)
    if (!active) {
      if (known) this.#tell(conversationId, false)
      return
    }
    const now = this.#clock.now()
    const due = !known || now - known.toldAt >= REPEAT_MS
    if (due) this.#tell(conversationId, true)
    const stop = this.#clock.after(PAUSE_MS, () => this.typing(conversationId, false))
    this.#typed.set(conversationId, { toldAt: due ? now : known.toldAt, stop })
  }

  /** No further signals: a message was sent there, or the connection is another one. */
  forget(conversationId?: string): void {
    for (const [id, { stop }] of this.#typed) {
      if (conversationId !== undefined && id !== conversationId) continue
      stop()
      this.#typed.delete(id)
    }
  }
}

interface Typist {
  readonly conversationId: string
  readonly author: Author
  readonly stop: () => void
}

export class OthersTyping {
  readonly #clock: Clock
  readonly #changed: () => void
  readonly #typists = new Map<string, Typist>()

  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock
    this.#changed = changed
  }

  /** Conversation id → who is typing there. */
  get authors(): Readonly<Record<string, readonly Author[]>> {
    const authors: Record<string, Author[]> = {}
    for (const { conversationId, author } of this.#typists.values()) {
      authors[conversationId] ??= []
      authors[conversationId].push(author)
    }
    return authors
  }

  hear(conversationId: string, author: Author, active: boolean): void {
    const key = `${conversationId} ${author.type} ${author.id}`
    this.#typists.get(key)?.stop()
    this.#typists.delete(key)
    if (active) {
      const stop = this.#clock.after(EXPIRY_MS, () => this.hear(conversationId, author, false))
      this.#typists.set(key, { conversationId, author, stop })
    }
    this.#changed()
  }

  forget(): void {
    for (const { stop } of this.#typists.values()) stop()
    this.#typists.clear()
  }
}
