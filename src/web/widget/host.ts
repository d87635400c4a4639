/**
 * The commands and events for the page around the widget: `tributary("open")`, `tributary("on", "unread", ({ count })
 * => …)`. Commands that come before the script are kept by the page in `tributary.q`.
 */
import type { Message } from "../../protocol/model.ts"

export interface HostEvents {
  /** The window opened. */
  open: Record<string, never>
  close: Record<string, never>
  /** The number of unread messages in all conversations. */
  unread: { readonly count: number }
  /** A message was stored just now, one's own too. */
  message: { readonly message: Message }
  auth:
    | { readonly type: "login"; readonly externalId: string | undefined; readonly outcome: string }
    | { readonly type: "logout" | "expired" | "required" | "revoked" }
    | { readonly type: "failed"; readonly code: string; readonly message: string }
}
export type HostEvent = keyof HostEvents

/** Commands for the window itself: each of them loads it. */
export const WINDOW_COMMANDS = [
  "open",
  "close",
  "toggle",
  "loginUser",
  "logoutUser",
  "newConversation",
] as const
export type WindowCommand = (typeof WINDOW_COMMANDS)[number]

export const isWindowCommand = (name: unknown): name is WindowCommand =>
  WINDOW_COMMANDS.some((known) => known === name)

type Listener = (data: unknown) => void

/** The page's listeners. One that throws does not stop the others. */
export class HostListeners {
  readonly #listeners = new Map<string, Set<Listener>>()

  on(name: unknown, listener: unknown): void {
    if (typeof name !== "string" || typeof listener !== "function") return
    // The boundary: a function of the page; what it makes of its argument is its own business.
    this.#of(name).add(listener as Listener)
  }

  off(name: unknown, listener: unknown): void {
    if (typeof name === "string") this.#of(name).delete(listener as Listener)
  }

  emit<Name extends HostEvent>(name: Name, data: HostEvents[Name]): void {
    for (const listener of [...this.#of(name)]) {
      try {
        listener(data)
      } catch (error) {
        reportError(error)
      }
    }
  }

  #of(name: string): Set<Listener> {
    const known = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, known)
    return known
  }
}
