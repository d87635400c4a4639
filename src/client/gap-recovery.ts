/**
 * Closes holes in the feed. Meanwhile the status is `stale`; when `sync` does not succeed the connection
 * is given up, and the handshake of the next one brings what is missing.
 */
import { fullJitter } from "../lib/backoff.ts"
import type { Result } from "../protocol/commands.ts"
import type { Account } from "./account.ts"
import type { ClientContext } from "./client-context.ts"
import type { Answer, Link } from "./client-socket.ts"

const MOST_ATTEMPTS = 5
/** Names no event: the answer is the whole state. */
const ANEW = "anew"
const BACKOFF = { baseMs: 250, capMs: 4_000 }
const PROBE_MS = 5_000
/** The hub sends the head of the feed about every 25 s; a client that gets none for longer asks. */
const BEAT_DEADLINE_MS = 35_000

export class GapRecovery {
  readonly #context: ClientContext
  readonly #account: Account
  /** The connection on which a `sync` is under way. */
  #busy: Link | undefined
  #stopBeat = (): void => undefined
  /** Whether only the whole state has all that changed. */
  #anew = false

  constructor(context: ClientContext, account: Account) {
    this.#context = context
    this.#account = account
  }

  /** Looks for a hole, and closes it. */
  check(): void {
    const link = this.#context.line
    if (!link || this.#busy === link) return
    const stale = this.#anew || this.#account.stale
    this.#stale(stale)
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
    this.#stopBeat = this.#context.settings.clock.after(BEAT_DEADLINE_MS, () => this.probe())
    const link = this.#context.line
    if (link && this.#busy !== link && this.#account.isBehind(offset)) {
      this.#stale(true)
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
    const link = this.#context.line
    if (link && this.#busy !== link) this.#sync(link, 0, 1, PROBE_MS)
  }

  #sync(link: Link, attempt: number, most: number, timeoutMs?: number): void {
    const { settings } = this.#context
    const { view } = this.#account
    const anew = this.#anew
    const cursor = view && (anew ? ANEW : view.cursor)
    if (cursor === undefined || this.#context.line !== link) {
      if (this.#busy === link) this.#busy = undefined
      return
    }
    this.#busy = link
    const stateNo = this.#context.state.stateNo
    const heard = (answer: Answer<Result<"sync">>): void => {
      if (anew && answer.ok) this.#anew = false
      // Asked from a cursor of an earlier state: the new one has no holes.
      const filled = stateNo !== this.#context.state.stateNo || (answer.ok && !this.#heal(answer.result))
      if (filled || (answer.ok && most === 1)) this.#finish()
      else if (attempt + 1 < most && (answer.ok || answer.error.retryable))
        settings.clock.after(attempt === 0 ? 0 : fullJitter(attempt, BACKOFF, settings.random()), () =>
          this.#sync(link, attempt + 1, most, timeoutMs),
        )
      else {
        this.#busy = undefined
        if (this.#context.line === link) this.#context.dispatch({ type: "deaf" })
      }
    }
    link.command("sync", { cursor }, heard, timeoutMs)
  }

  /** @returns whether a hole is left */
  #heal(result: Result<"sync">): boolean {
    this.#account.heal(result)
    return this.#account.stale
  }

  /** Whether events are missing in the view. */
  #stale(stale: boolean): void {
    const { state, dispatch } = this.#context
    if (stale !== (state.staleSince !== undefined)) dispatch({ type: "stale", stale })
  }

  #finish(): void {
    this.#busy = undefined
    this.check()
  }
}
