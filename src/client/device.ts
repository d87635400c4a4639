/** This installation, and the anonymous session that lives on it. */
import type { MessagingAuth, State } from "../protocol/handshake.ts"
import { newLocalId } from "./local-id.ts"
import type { Settings } from "./options.ts"
import type { Draft } from "./outbox.ts"
import type { Vault } from "./storage.ts"

export class Device {
  readonly #settings: Settings
  readonly #vault: Vault
  #id = ""
  #sessionToken: string | undefined

  constructor(settings: Settings, vault: Vault) {
    this.#settings = settings
    this.#vault = vault
  }

  /** Empty until loaded. */
  get id(): string {
    return this.#id
  }

  /** Reads what an earlier run left. @throws what the storage throws; the device has an id even so */
  async load(): Promise<readonly Draft[]> {
    this.#id = this.#settings.deviceId ?? newLocalId()
    const { deviceId, sessionToken, drafts } = await this.#vault.load()
    this.#id = this.#settings.deviceId ?? deviceId ?? this.#id
    if (this.#id !== deviceId) this.#vault.setDevice(this.#id)
    this.#sessionToken ??= sessionToken
    return drafts
  }

  /** What a handshake says. */
  auth(jwt: string | undefined, cursor: string | undefined): MessagingAuth {
    const { appId, channel, info, helpCenter } = this.#settings
    return {
      v: 1,
      ...{ appId, channel, deviceId: this.#id },
      ...(this.#sessionToken !== undefined && { sessionToken: this.#sessionToken }),
      ...(jwt !== undefined && { jwt }),
      ...(helpCenter && { helpCenter }),
      ...(cursor !== undefined && { cursor }),
      ...(info && { info }),
    }
  }

  /** A signed-in person lives by his token alone; the visitor he was has no session any more. */
  introduced({ sessionToken, user }: State): void {
    const next = user.authenticated ? undefined : (sessionToken ?? this.#sessionToken)
    if (next !== this.#sessionToken) this.#vault.setSession(next)
    this.#sessionToken = next
  }

  sessionOver(): void {
    this.#sessionToken = undefined
    this.#vault.setSession(undefined)
  }

  /** Session and drafts leave the storage too. The id stays: it is the installation's. */
  forget(): void {
    this.#sessionToken = undefined
    this.#vault.forget()
  }
}
