/** Who is typing: this user, repeated to the hub now and then; the other side, shown until it ends or is silent. */
import type { Clock } from "../lib/clock.ts"
import type { Author } from "./client-model.ts"
import type { ClientEvents } from "./client-status.ts"

/** The hub forgets a typist after 10 s; the signal is repeated this often while keys are pressed. */
const REPEAT_MS = 4_000
/** Without a key for this long typing has stopped. */
const PAUSE_MS = 6_000
/** As the hub: a typist without further signals has stopped. */
const EXPIRY_MS = 10_500

interface Timed {
  readonly stop: () => void
}

function end(known: Map<string, Timed>, key: string): void {
  known.get(key)?.stop()
  known.delete(key)
}

export interface OwnTyping {
  /** May be called on each key. */
  typing(conversationId: string, active: boolean): void
  /** No further signals: a message was sent there, or the connection is another one. */
  forget(conversationId?: string): void
}

export function ownTyping(clock: Clock, tell: (conversationId: string, active: boolean) => void): OwnTyping {
  const typed = new Map<string, { readonly toldAt: number } & Timed>()

  const typing: OwnTyping["typing"] = (id, active) => {
    const now = clock.now()
    const known = typed.get(id)
    end(typed, id)
    const isKnown = known && now - known.toldAt < REPEAT_MS
    if (active ? !isKnown : known) tell(id, active)
    if (!active) return
    const stop = clock.after(PAUSE_MS, () => typing(id, false))
    typed.set(id, { toldAt: isKnown ? known.toldAt : now, stop })
  }

  return {
    typing,
    forget(conversationId) {
      for (const id of conversationId ? [conversationId] : typed.keys()) end(typed, id)
    },
  }
}

export interface OthersTyping {
  /** Conversation id → who is typing there. */
  readonly authors: Readonly<Record<string, readonly Author[]>>
  receive(typing: ClientEvents["typing"]): void
  forget(): void
}

export function othersTyping(clock: Clock, changed: () => void): OthersTyping {
  const typists = new Map<string, { readonly conversationId: string; readonly author: Author } & Timed>()

  const receive: OthersTyping["receive"] = (typing) => {
    const { conversationId, author, active } = typing
    const key = `${conversationId} ${author.type} ${author.id}`
    end(typists, key)
    if (active) {
      const stop = clock.after(EXPIRY_MS, () => receive({ ...typing, active: false }))
      typists.set(key, { conversationId, author, stop })
    }
    changed()
  }

  return {
    get authors() {
      const authors: Record<string, Author[]> = {}
      for (const { conversationId, author } of typists.values()) {
        authors[conversationId] ??= []
        authors[conversationId].push(author)
      }
      return authors
    },
    receive,
    forget() {
      for (const key of typists.keys()) end(typists, key)
    },
  }
}
