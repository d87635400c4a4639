/**
 * Where tokens come from: from a login that was just asked for, from the host's `getToken` of the login that
 * holds, or from another tab. A token is never kept over a reload: the host is asked again.
 */
import type { Clock } from "../lib/clock.ts"
import type { State } from "../protocol/handshake.ts"
import { type Deferred, deferred } from "./deferred.ts"
import { type ClientError, identityChanged, noToken } from "./errors.ts"

/** Asks the host's back end for a fresh token of the person who is signed in there. */
export type GetToken = () => string | Promise<string>

export type LoginResult = NonNullable<State["login"]>

export interface Source {
  readonly kind: "asked" | "own" | "handed"
  readonly getToken: GetToken
}

const GET_TOKEN_DEADLINE_MS = 30_000

export class Tokens {
  readonly #clock: Clock
  #asked: { readonly source: Source; readonly result: Deferred<LoginResult> } | undefined
  #own: Source | undefined
  #handed: Source | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whom to ask now. */
  get source(): Source | undefined {
    return this.#asked?.source ?? this.#own ?? this.#handed
  }

  /** A login that is to replace the present one if, and only if, the hub accepts it. */
  ask(getToken: GetToken): Promise<LoginResult> {
    this.#asked?.result.reject(identityChanged())
    this.#asked = { source: { kind: "asked", getToken }, result: deferred() }
    return this.#asked.result.promise
  }

  /** A token of the person who signed in in another tab. */
  hand(jwt: string): void {
    this.#handed = { kind: "handed", getToken: () => jwt }
  }

  accepted(source: Source, result: LoginResult): void {
    if (this.#asked?.source !== source) return
    this.#own = { kind: "own", getToken: source.getToken }
    this.#asked.result.resolve(result)
    this.#asked = undefined
  }

  /** The hub will not take what this source gives. A login that fails changes nothing: the one before it stays. */
  refused(source: Source, error: ClientError): void {
    if (this.#handed === source) this.#handed = undefined
    if (this.#asked?.source !== source) return
    this.#asked.result.reject(error)
    this.#asked = undefined
  }

  forget(): void {
    this.#asked?.result.reject(identityChanged())
    this.#asked = undefined
    this.#own = undefined
    this.#handed = undefined
  }

  /** @throws ClientError `token_unavailable` if the host fails, is silent for too long, or gives no text */
  async fetch({ getToken }: Source): Promise<string> {
    const late = deferred<never>()
    const cancel = this.#clock.after(GET_TOKEN_DEADLINE_MS, () =>
      late.reject(noToken("getToken did not answer in time.")),
    )
    try {
      const token: unknown = await Promise.race([this.#call(getToken), late.promise])
      if (typeof token !== "string" || token === "") throw noToken("getToken gave no token.")
      return token
    } finally {
      cancel()
    }
  }

  async #call(getToken: GetToken): Promise<string> {
    try {
      return await getToken()
    } catch (cause) {
      throw noToken(`getToken failed: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  }
}
