/** Signing in and out on a connection that stands. The handshake of a new one does it by itself. */
import { fullJitter } from "../lib/backoff.ts"
import type { State } from "../protocol/handshake.ts"
import { asClientError, type ClientError } from "./errors.ts"
import type { Link } from "./link.ts"
import type { Settings } from "./options.ts"
import type { AuthEvent } from "./status.ts"
import type { Source, Tokens } from "./tokens.ts"

export interface SigningParts {
  readonly settings: Settings
  readonly tokens: Tokens
  /** The connection, if `ready` has come on it. */
  readonly link: () => Link | undefined
  readonly introduce: (state: State, jwt: string | undefined) => void
  /** Nothing is in flight any more, and nothing changed. */
  readonly idle: () => void
  /** Nobody knows any more who this connection belongs to. */
  readonly drop: (link: Link) => void
  readonly emit: (event: AuthEvent) => void
  /** Tell the other tabs. */
  readonly hand: (jwt: string) => void
}

const BACKOFF = { baseMs: 1_000, capMs: 30_000 }

export class Signing {
  readonly #parts: SigningParts
  /** Another number: another effort; an earlier one stops where it is. */
  #effort = 0
  #inFlight = 0
  #leaving = false
  #stopTimer = (): void => undefined

  constructor(parts: SigningParts) {
    this.#parts = parts
  }

  /**
   * A login or logout was sent and not answered. What is sent behind it would be the next person's word, so
   * everything else waits.
   */
  get busy(): boolean {
    return this.#inFlight > 0
  }

  /** Asks for a token and presents it, as often as it takes. A newer call replaces an older one. */
  renew(): void {
    if (this.#parts.tokens.source) void this.#try(++this.#effort, 0)
  }

  /** One try; `failed` is called if it does not sign in. */
  renewOnce(failed: () => void): void {
    void this.#try(++this.#effort, 0, failed)
  }

  /** The connection is over, or another person's business begins. */
  interrupt(): void {
    this.#effort += 1
    this.#inFlight = 0
    this.#leaving = false
    this.#stopTimer()
  }

  /** A login was accepted, here or in the handshake. */
  accepted(source: Source, jwt: string, state: State): void {
    // A state that resumes need not repeat what the login was: nothing moved.
    const login = state.login ?? { outcome: "refreshed", expiresAt: Number.MAX_SAFE_INTEGER }
    this.#parts.tokens.accepted(source, login)
    if (source.kind !== "handed") this.#parts.hand(jwt)
    this.#parts.emit({ type: "login", ...login, user: state.user })
  }

  /** A handshake with this source's token was refused. */
  refusedAtTheDoor(source: Source, error: ClientError, ofTheToken: boolean): void {
    if (ofTheToken) this.#parts.emit({ type: "token_failed", error })
    if (isFinal(source, error)) this.#parts.tokens.refused(source, error)
  }

  /** @throws ClientError if `everywhere` was not confirmed */
  async logout(link: Link, everywhere: boolean): Promise<void> {
    this.#effort += 1
    this.#stopTimer()
    this.#inFlight += 1
    this.#leaving = true
    const failure = await new Promise<ClientError | undefined>((resolve) => {
      link.command("logout", everywhere ? { everywhere } : {}, (answer) => {
        this.#inFlight -= 1
        this.#leaving = false
        if (answer.ok) this.#parts.introduce(answer.result.state, undefined)
        // The person is forgotten here; a new connection without his proofs is nobody's.
        else this.#parts.drop(link)
        resolve(answer.ok ? undefined : answer.error)
      })
    })
    if (failure && everywhere) throw failure
  }

  async #try(effort: number, attempt: number, failed?: () => void): Promise<void> {
    const { tokens } = this.#parts
    const { source } = tokens
    if (!source) return
    try {
      const jwt = await tokens.fetch(source)
      if (effort === this.#effort) this.#present(effort, attempt, source, jwt, failed)
    } catch (cause) {
      if (effort === this.#effort) this.#failed(effort, attempt, source, asClientError(cause), failed)
    }
  }

  #present(effort: number, attempt: number, source: Source, jwt: string, failed?: () => void): void {
    const link = this.#parts.link()
    if (!link) return
    this.#inFlight += 1
    link.command("login", { jwt }, (answer) => {
      if (this.#parts.link() !== link) return
      this.#inFlight -= 1
      // Overtaken by a logout: whoever came is gone already, and was never shown.
      if (this.#leaving) return
      if (answer.ok) {
        const { state, outcome, expiresAt } = answer.result
        this.#parts.introduce(state, jwt)
        this.accepted(source, jwt, { ...state, login: { outcome, expiresAt } })
      } else if (answer.error.code === "timeout" || answer.error.code === "offline") this.#parts.drop(link)
      else {
        this.#parts.idle()
        if (effort === this.#effort) this.#failed(effort, attempt, source, answer.error, failed)
      }
    })
  }

  #failed(effort: number, attempt: number, source: Source, error: ClientError, failed?: () => void): void {
    const { tokens } = this.#parts
    this.#parts.emit({ type: "token_failed", error })
    if (isFinal(source, error)) tokens.refused(source, error)
    if (failed) failed()
    else if (!isFinal(source, error)) this.#later(effort, attempt, error)
  }

  #later(effort: number, attempt: number, error: ClientError): void {
    const { clock, random } = this.#parts.settings
    const wait = Math.max(error.retryAfterMs ?? 0, fullJitter(attempt, BACKOFF, random()))
    this.#stopTimer()
    this.#stopTimer = clock.after(wait, () => {
      if (effort === this.#effort) void this.#try(effort, attempt + 1)
    })
  }
}

/** Whether this source can ever give a better token: another tab's is what it is. */
const isFinal = (source: Source, error: ClientError): boolean =>
  !error.retryable || (source.kind === "handed" && error.code === "token_expired")
