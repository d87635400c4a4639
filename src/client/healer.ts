/**
 * Closes holes in the feed. While it works the view is stale and says so; when `sync` does not succeed the
 * connection is given up, and the handshake of the next one brings what is missing.
 */
import { fullJitter } from "../lib/backoff.ts"
import type { Result } from "../protocol/commands.ts"
import type { History } from "./history.ts"
import type { Answer, Link } from "./link.ts"
import type { Settings } from "./options.ts"

export interface HealerParts {
  readonly settings: Settings
  readonly history: History
  /** The connection, while the hub tells events on it. */
  readonly link: () => Link | undefined
  readonly changed: () => void
  readonly giveUp: (link: Link) => void
}

const MOST_ATTEMPTS = 5
const BACKOFF = { baseMs: 250, capMs: 4_000 }
const PROBE_MS = 5_000

export class Healer {
  readonly #parts: HealerParts
  /** The connection on which a `sync` is under way. */
  #busy: Link | undefined

  constructor(parts: HealerParts) {
    this.#parts = parts
  }

  /** Looks for a hole, and closes it. */
  check(): void {
    const link = this.#parts.link()
    if (link && this.#parts.history.stale && this.#busy !== link) this.#sync(link, 0, MOST_ATTEMPTS)
  }

  /** Is the connection still alive? A device that slept cannot know, and asks. */
  probe(): void {
    const link = this.#parts.link()
    if (link && this.#busy !== link) this.#sync(link, 0, 1, PROBE_MS)
  }

  #sync(link: Link, attempt: number, most: number, timeoutMs?: number): void {
    const { history, settings } = this.#parts
    const cursor = history.view?.cursor
    if (cursor === undefined || this.#parts.link() !== link) {
      if (this.#busy === link) this.#busy = undefined
      return
    }
    this.#busy = link
    const { turn } = history
    const heard = (answer: Answer<Result<"sync">>): void => {
      // Asked from a cursor of an earlier state: the new one healed all there was.
      const healed = turn !== history.turn || (answer.ok && !this.#heal(answer.result))
      if (healed || (answer.ok && most === 1)) this.#finish()
      else if (attempt + 1 < most && (answer.ok || answer.error.retryable))
        settings.clock.after(attempt === 0 ? 0 : fullJitter(attempt, BACKOFF, settings.random()), () =>
          this.#sync(link, attempt + 1, most, timeoutMs),
        )
      else {
        this.#busy = undefined
        if (this.#parts.link() === link) this.#parts.giveUp(link)
      }
    }
    link.command("sync", { cursor }, heard, timeoutMs)
  }

  /** @returns whether a hole is left */
  #heal(result: Result<"sync">): boolean {
    this.#parts.history.heal(result)
    return this.#parts.history.stale
  }

  #finish(): void {
    this.#busy = undefined
    this.#parts.changed()
    this.check()
  }
}
