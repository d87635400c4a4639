/** In whose name the client speaks: his proofs, what is known of his history, and what he still has to say. */
import type { State } from "../protocol/handshake.ts"
import type { Message } from "../protocol/model.ts"
import type { Proof } from "./connector.ts"
import { Device } from "./device.ts"
import type { Emitter } from "./emitter.ts"
import { asClientError, type ClientError, identityChanged } from "./errors.ts"
import { History } from "./history.ts"
import type { Link } from "./link.ts"
import type { Settings } from "./options.ts"
import { Sender } from "./sender.ts"
import type { ClientEvents } from "./status.ts"
import type { Vault } from "./storage.ts"
import { Tokens } from "./tokens.ts"

export interface PersonParts {
  readonly settings: Settings
  readonly vault: Vault
  readonly emitter: Emitter<ClientEvents>
  /** The picture of the host is to be drawn again. */
  readonly changed: () => void
  /** The connection, while commands of this person may go over it. */
  readonly line: () => Link | undefined
  /** The hub refused a command because it does not know this person any more. */
  readonly unidentified: (error: ClientError) => void
}

export class Person {
  readonly tokens: Tokens
  readonly history: History
  readonly sender: Sender
  readonly #parts: PersonParts
  readonly #device: Device

  constructor(parts: PersonParts) {
    const { settings, vault, changed, unidentified } = parts
    this.#parts = parts
    this.#device = new Device(settings, vault)
    this.tokens = new Tokens(settings.clock)
    this.history = new History((fresh) => this.#advanced(fresh))
    this.sender = new Sender({
      settings,
      vault,
      changed,
      unidentified,
      deviceId: () => this.#device.id,
      line: () => {
        const link = parts.line()
        const { owner } = this.history
        return link && owner ? { link, owner } : undefined
      },
      stored: (message) => this.history.stored(message),
    })
  }

  /** Empty until loaded. */
  get deviceId(): string {
    return this.#device.id
  }

  get signedIn(): boolean {
    return this.history.owner?.externalId !== undefined
  }

  /** Reads what an earlier run of the page left. */
  async load(): Promise<void> {
    try {
      this.sender.restore(await this.#device.load())
    } catch (cause) {
      this.#parts.emitter.emit("error", asClientError(cause))
    }
  }

  /** Whether there is a way to prove who he is: a visitor needs none but his session, a page of the help centre its cookie. */
  get provable(): boolean {
    return this.tokens.source !== undefined || !this.signedIn || this.#parts.settings.helpCenter === true
  }

  /** The proofs of a handshake: the visitor's session, a token that was asked for this very moment, or both. */
  async prove(): Promise<Proof> {
    const { source } = this.tokens
    const jwt = source && (await this.#fetch(source))
    const auth = this.#device.auth(jwt, this.history.view?.cursor)
    return source && jwt !== undefined ? { auth, signed: { source, jwt } } : { auth }
  }

  async #fetch(source: NonNullable<Tokens["source"]>): Promise<string> {
    try {
      return await this.tokens.fetch(source)
    } catch (cause) {
      this.#parts.emitter.emit("auth", { type: "token_failed", error: asClientError(cause) })
      throw cause
    }
  }

  /** A state takes over. @returns the messages that nobody was told of yet */
  introduce(state: State, jwt: string | undefined): readonly Message[] {
    // Another tab of this device signed out.
    if (state.reason === "logout" && this.history.owner) this.signOut()
    const { before, now, fresh } = this.history.introduce(state, jwt)
    this.#device.introduced(state)
    const told = (state.conversations ?? []).flatMap(({ messages }) => messages ?? [])
    this.sender.settle([...told, ...fresh])
    this.sender.identify(before, now, state.reason)
    return fresh
  }

  #advanced(fresh: readonly Message[]): void {
    this.sender.settle(fresh)
    this.#parts.changed()
    this.announce(fresh)
  }

  announce(fresh: readonly Message[]): void {
    for (const message of fresh) this.#parts.emitter.emit("message", message)
  }

  /** The anonymous session cannot be used any more; the device stays. */
  sessionOver(): void {
    this.#device.sessionOver()
  }

  signOut(): void {
    this.forget()
    this.#parts.emitter.emit("auth", { type: "logout" })
  }

  /** Not a byte of the person stays: not in the view, not in the outbox, not in the storage. */
  forget(): void {
    this.tokens.forget()
    this.#device.forget()
    this.sender.forget(identityChanged())
    this.history.forget()
  }
}
