/** Given a state and what happened, when something happens, then these effects follow: specs of `reduce.ts`. */
import { expect } from "vitest"
import { ClientError } from "../../src/client/client-error.ts"
import type { Effect, Happening } from "../../src/client/client-inputs.ts"
import { type ClientState, initial, statusOf } from "../../src/client/client-state.ts"
import { reduce } from "../../src/client/reduce.ts"
import type { SessionRecord } from "../../src/client/session-record.ts"
import type { State } from "../../src/protocol/handshake.ts"
import { person, state } from "./sample-views.ts"

export const jwt = (externalId: string, n = 0): string =>
  `h.${Buffer.from(JSON.stringify({ external_id: externalId, n })).toString("base64url")}.s`

export const refusal = (code: ClientError["code"], retryable = false): ClientError =>
  new ClientError(code, code, retryable)

export class Given {
  state: ClientState
  /** Of the last thing that happened. */
  effects: readonly Effect[] = []
  at = 1_000_000
  #tag = 0

  constructor(settings: { alone?: boolean; helpCenter?: boolean } = {}) {
    this.state = initial({ alone: false, helpCenter: false, patienceMs: 20_000, ...settings })
  }

  when(happening: Happening, afterMs = 1): this {
    this.at += afterMs
    this.#tag += 1
    const { state, effects } = reduce(this.state, {
      ...happening,
      at: this.at,
      chance: 0.5,
      tag: `tag${this.#tag}`,
    })
    this.state = state
    this.effects = effects
    return this
  }

  /** The storage is open, and the host wants to connect. */
  connecting(record: SessionRecord = {}): this {
    return this.when({ type: "connect" }).when({ type: "loaded" }).reads(record)
  }

  reads(record: SessionRecord): this {
    return this.when({ type: "sessionRead", run: this.state.run, record })
  }

  ready(more: Partial<State> = {}): this {
    const received = state([], { sessionToken: "session", ...more })
    return this.when({ type: "ready", run: this.state.run, state: received })
  }

  /** A visitor is connected. */
  visitor(): this {
    return this.connecting().ready()
  }

  /** A user who signed in by a call of `login` is connected. */
  signedIn(externalId = "ben"): this {
    this.visitor().when({ type: "login", id: 1 }).fetched(jwt(externalId))
    return this.answered("upgraded", externalId)
  }

  fetched(token: string | ClientError | undefined): this {
    return this.when({ type: "tokenFetched", no: this.state.fetching?.no ?? 0, token })
  }

  answered(outcome: "upgraded" | "switched" | "refreshed" | "signed_in", externalId: string): this {
    const signed = this.one("login").signed
    const user = person(`usr_${externalId}`, externalId)
    const login = { outcome, expiresAt: this.at + 3_600_000 }
    return this.when({
      type: "loginAnswered",
      run: this.state.run,
      no: this.one("login").no,
      signed,
      answer: { ok: true, result: { state: state([], { user, reason: "login", login }), ...login } },
    })
  }

  refused(error: ClientError): this {
    const { no, signed } = this.one("login")
    return this.when({ type: "loginAnswered", run: this.state.run, no, signed, answer: { ok: false, error } })
  }

  /** The only effect of this kind. */
  one<Do extends Effect["do"]>(kind: Do): Effect & { do: Do } {
    const [effect, ...others] = this.all(kind)
    if (!effect || others.length > 0) throw new Error(`${kind}: ${JSON.stringify(this.effects)}`)
    return effect
  }

  all<Do extends Effect["do"]>(kind: Do): (Effect & { do: Do })[] {
    return this.effects.filter((effect): effect is Effect & { do: Do } => effect.do === kind)
  }

  does(...kinds: readonly Effect["do"][]): this {
    expect(this.effects.map((effect) => effect.do)).toEqual(kinds)
    return this
  }

  is(status: ReturnType<typeof statusOf>["state"]): this {
    expect(statusOf(this.state).state).toBe(status)
    return this
  }

  get received(): string[] {
    return this.all("tell").map(({ event }) => event.type)
  }
}
