/** What the hub says against the person's proof: at the door, or later on a connection that stands. */
import type { Connector, Proof } from "./connector.ts"
import type { ClientError } from "./errors.ts"
import type { Person } from "./person.ts"
import type { Signing } from "./signing.ts"
import type { AuthEvent, Status } from "./status.ts"

/** Refusals that speak of the token: asking for another one may help. */
const OF_THE_TOKEN = /^(token|kid|expiry|alg|signature|scope|external_id|email)_/

export interface ObjectionParts {
  readonly person: Person
  readonly signing: Signing
  readonly connector: Connector
  readonly status: () => Status
  readonly become: (status: Status) => void
  readonly emit: (event: AuthEvent) => void
  /** Nothing more can be done here; the host has to act. */
  readonly refuse: (error: ClientError) => void
}

export class Objections {
  readonly #parts: ObjectionParts

  constructor(parts: ObjectionParts) {
    this.#parts = parts
  }

  /** A handshake was refused. */
  refused(error: ClientError, { auth, signed }: Proof): void {
    const { person, signing, connector, refuse } = this.#parts
    const sessionOver = error.code === "session_consumed" || error.code === "session_invalid"
    if (sessionOver && auth.sessionToken !== undefined) {
      this.#sessionOver(error, signed !== undefined)
      return
    }
    if (signed) signing.refusedAtTheDoor(signed.source, error, OF_THE_TOKEN.test(error.code))
    // A login that fails changes nothing: the one before it goes on.
    const { source } = person.tokens
    const another = source && source !== signed?.source
    if (error.retryable || (signed && another)) {
      connector.retry(error)
      return
    }
    // Logged out everywhere, while this device was away.
    if (error.code === "token_revoked") person.forget()
    refuse(error)
  }

  /** If the visitor became somebody, and no one here can say who, his drafts are not for the next visitor. */
  #sessionOver(error: ClientError, signing: boolean): void {
    const { person, connector } = this.#parts
    if (!signing && error.code === "session_consumed") person.forget()
    person.sessionOver()
    connector.begin()
  }

  /** A command was refused in a way that says that the hub does not know this socket's person any more. */
  unidentified(error: ClientError): void {
    const { state } = this.#parts.status()
    if (state !== "live" && state !== "stale") return
    if (error.code === "token_expired") this.expired()
    else if (error.code === "token_revoked") this.revoked("key_deleted")
    else this.parked()
  }

  expired(): void {
    this.#parts.become({ state: "expired" })
    this.#parts.emit({ type: "expired" })
    this.#renew("token_expired")
  }

  parked(): void {
    this.#parts.become({ state: "parked", reason: "session_moved" })
    this.#renew("session_moved")
  }

  #renew(reason: "token_expired" | "session_moved"): void {
    const { person, signing, emit } = this.#parts
    if (person.tokens.source) signing.renew()
    else emit({ type: "required", reason })
  }

  revoked(reason: "key_deleted" | "logout"): void {
    const { person, signing, status, become, emit } = this.#parts
    become({ state: "revoked", reason })
    emit({ type: "revoked", reason })
    // Logged out everywhere means here too – unless the host at once proves otherwise.
    const forget = (): void => {
      if (reason === "logout" && status().state === "revoked") person.forget()
    }
    if (person.tokens.source) signing.renewOnce(forget)
    else forget()
  }
}
