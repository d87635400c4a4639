/** What of a hub concerns the tabs of one browser: who a socket is, and whom a sign-in or a sign-out parks. */
import type { Effect, Happening } from "../../src/client/client-inputs.ts"
import { claimedExternalId } from "../../src/client/draft-owner.ts"
import type { LoginResult } from "../../src/client/token-source.ts"
import type { State } from "../../src/protocol/handshake.ts"
import { refusal } from "./given.ts"
import { anonymous, person, state } from "./sample-views.ts"

export type Answer = Happening
type Tell = (answer: Answer) => void

interface Socket {
  userId: string
  externalId: string | undefined
  /** It takes nothing but a login and a logout. */
  out: boolean
  readonly run: number
  readonly tell: Tell
}

export class HubModel {
  readonly #sockets = new Map<number, Socket>()
  /** Session token → visitor; `undefined`: it was consumed. */
  readonly #visitors = new Map<string, string | undefined>()
  /** External id → user. */
  readonly #people = new Map<string, string>()
  #count = 0

  open(
    tab: number,
    run: number,
    sessionToken: string | undefined,
    jwt: string | undefined,
    tell: Tell,
  ): void {
    this.#sockets.delete(tab)
    const visitor = sessionToken === undefined ? undefined : this.#visitors.get(sessionToken)
    if (jwt === undefined && sessionToken !== undefined && visitor === undefined) {
      tell({ type: "refused", run, error: refusal("session_consumed") })
      return
    }
    const token = jwt === undefined ? (sessionToken ?? this.#session()) : undefined
    const userId = visitor ?? (token === undefined ? "" : this.#visitors.get(token)) ?? ""
    const socket: Socket = { userId, externalId: undefined, out: false, run, tell }
    this.#sockets.set(tab, socket)
    const login = jwt === undefined ? undefined : this.#signIn(socket, jwt)
    tell({ type: "ready", run, state: this.#stateOf(socket, "connect", login, token) })
  }

  close(tab: number): void {
    this.#sockets.delete(tab)
  }

  login(tab: number, { run, no, signed }: Effect & { do: "login" }, tell: Tell): void {
    const socket = this.#sockets.get(tab)
    if (socket?.run !== run) return
    const login = this.#signIn(socket, signed.jwt)
    const answer = { ok: true, result: { state: this.#stateOf(socket, "login", login), ...login } } as const
    tell({ type: "loginAnswered", run, no, signed, answer })
  }

  logout(tab: number, { run, id, everywhere }: Effect & { do: "logout" }, tell: Tell): void {
    const socket = this.#sockets.get(tab)
    if (socket?.run !== run) {
      tell({
        type: "logoutAnswered",
        run,
        id,
        everywhere,
        answer: { ok: false, error: refusal("offline", true) },
      })
      return
    }
    if (!socket.out) this.#signOut(socket)
    const token = this.#session()
    Object.assign(socket, { userId: this.#visitors.get(token), externalId: undefined, out: false })
    const answer = { ok: true, result: { state: this.#stateOf(socket, "logout", undefined, token) } } as const
    tell({ type: "logoutAnswered", run, id, everywhere, answer })
  }

  #signOut(socket: Socket): void {
    const { userId, externalId } = socket
    if (externalId === undefined) this.#consume(userId)
    for (const other of this.#others(socket, userId)) {
      other.out = true
      other.tell(
        externalId === undefined ? { type: "parked" } : { type: "revoked", data: { reason: "logout" } },
      )
    }
  }

  #signIn(socket: Socket, jwt: string): LoginResult {
    const externalId = claimedExternalId(jwt) ?? ""
    const { userId: before, externalId: was, out } = socket
    const known = this.#people.get(externalId)
    const visitor = was === undefined && !out && before !== ""
    const userId = known ?? (visitor ? before : this.#name("usr_of"))
    this.#people.set(externalId, userId)
    if (visitor) {
      this.#consume(before)
      for (const other of this.#others(socket, before)) {
        if (other.externalId !== undefined) continue
        other.out = true
        other.tell({ type: "parked" })
      }
    }
    Object.assign(socket, { userId, externalId, out: false })
    const outcome =
      was === externalId
        ? "refreshed"
        : was !== undefined
          ? "switched"
          : known !== undefined || !visitor
            ? "signed_in"
            : "upgraded"
    return { outcome, expiresAt: Number.MAX_SAFE_INTEGER }
  }

  #consume(visitor: string): void {
    for (const [token, userId] of this.#visitors) if (userId === visitor) this.#visitors.set(token, undefined)
  }

  #others(socket: Socket, userId: string): Socket[] {
    return [...this.#sockets.values()].filter(
      (other) => other !== socket && other.userId === userId && !other.out,
    )
  }

  #session(): string {
    const token = this.#name("session")
    this.#visitors.set(token, this.#name("usr"))
    return token
  }

  #name(kind: string): string {
    this.#count += 1
    return `${kind}${this.#count}`
  }

  #stateOf(
    { userId, externalId }: Socket,
    reason: State["reason"],
    login?: LoginResult,
    sessionToken?: string,
  ): State {
    const user = externalId === undefined ? anonymous(userId) : person(userId, externalId)
    return state([], { reason, user, ...(login && { login }), ...(sessionToken && { sessionToken }) })
  }
}
