/**
 * Closes holes in the feed. Meanwhile the status is `stale`; when `sync` does not succeed the connection
 * is given up, and the handshake of the next one brings what is missing.
 */
import { fullJitter } from "../lib/backoff.ts"
import type { Result } from "../protocol/commands.ts"
import type { Settings } from "./client-options.ts"
import type { Answer, Link } from "./client-socket.ts"
import type { KnownHistory } from "./known-history.ts"

export interface GapRecoveryParts {
  readonly settings: Settings
  readonly history: KnownHistory
  /** Another number: another state was applied. */
  readonly stateNo: () => number
  /** The connection, while the hub sends events on it. */
  readonly link: () => Link | undefined
  /** Whether events are missing in the view. */
  readonly stale: (is: boolean) => void
  readonly giveUp: (link: Link) => void
}

const MOST_ATTEMPTS = 5
/** Names no event: the answer is the whole state. */
const ANEW = "anew"
const BACKOFF = { baseMs: 250, capMs: 4_000 }
const PROBE_MS = 5_000
/** The hub sends the head of the feed about every 25 s; a client that gets none for longer asks. */
const BEAT_DEADLINE_MS = 35_000

export class GapRecovery {
  readonly #parts: GapRecoveryParts
  /** The connection on which a `sync` is under way. */
  #busy: Link | undefined
  #stopBeat = (): void => undefined
  /** Whether only the whole state has all that changed. */
  #anew = false

  constructor(parts: GapRecoveryParts) {
    this.#parts = parts
  }

  /** Looks for a hole, and closes it. */
  check(): void {
    const link = this.#parts.link()
    if (!link || this.#busy === link) return
    const stale = this.#anew || this.#parts.history.stale
    this.#parts.stale(stale)
    if (stale) this.#sync(link, 0, MOST_ATTEMPTS)
  }

  /** A merge of more conversations than its event can name. */
  renew(): void {
    this.#anew = true
    this.check()
  }

  /** The hub says how far it has sent; a hub of an earlier version never does. */
  head(offset: number): void {
    this.#stopBeat()
    this.#stopBeat = this.#parts.settings.clock.after(BEAT_DEADLINE_MS, () => this.probe())
    const link = this.#parts.link()
    if (link && this.#busy !== link && this.#parts.history.isBehind(offset)) {
      this.#parts.stale(true)
      this.#sync(link, 0, MOST_ATTEMPTS)
    }
  }

  /** The connection is over. */
  stop(): void {
    this.#stopBeat()
    this.#busy = undefined
  }

  /** Checks that the connection is alive: after a device has slept that is not known. */
  probe(): void {
    const link = this.#parts.link()
    if (link && this.#busy !== link) this.#sync(link, 0, 1, PROBE_MS)
  }

  #sync(link: Link, attempt: number, most: number, timeoutMs?: number): void {
    const { history, settings } = this.#parts
    const anew = this.#anew
    const cursor = history.view && (anew ? ANEW : history.view.cursor)
    if (cursor === undefined || this.#parts.link() !== link) {
      if (this.#busy === link) this.#busy = undefined
      return
    }
    this.#busy = link
    const stateNo = this.#parts.stateNo()
    const heard = (answer: Answer<Result<"sync">>): void => {
      if (anew && answer.ok) this.#anew = false
      // Asked from a cursor of an earlier state: the new one has no holes.
      const filled = stateNo !== this.#parts.stateNo() || (answer.ok && !this.#heal(answer.result))
      if (filled || (answer.ok && most === 1)) this.#finish()
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
    this.check()
  }
}
