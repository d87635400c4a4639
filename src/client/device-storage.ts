/** What this device keeps in its storage: its id, the session that its tabs share, and the drafts. */

import type { ClientContext } from "./client-context.ts"
import type { ClientError } from "./client-error.ts"
import { noStorage } from "./client-errors.ts"
import type { Settings } from "./client-options.ts"
import { browserStorage, ClientStorage, memoryStorage } from "./client-storage.ts"
import { DraftStorage } from "./draft-storage.ts"
import { hubAddress } from "./hub-address.ts"
import { newLocalId } from "./local-id.ts"
import { SessionKeeper } from "./session-keeper.ts"
import type { SessionRecord } from "./session-record.ts"
import { acquire, browserLocks, isHeld, type Release, type TabLocks } from "./tab-locks.ts"

/** Without locks, a tab that has not renewed its mark for so long is gone. Timers of hidden tabs run once a minute. */
const SILENT_MS = 150_000

export class DeviceStorage {
  /** Final once `load` is done. */
  deviceId: string
  readonly prefix: string
  readonly keeper: SessionKeeper
  readonly drafts: DraftStorage
  readonly #settings: Settings
  readonly #storage: ClientStorage
  readonly #tab = newLocalId()
  readonly #locks: TabLocks | undefined
  #present: Promise<Release | undefined> | undefined

  constructor({ settings, tell, dispatch }: ClientContext) {
    const { clock } = settings
    const complain = (error: ClientError): void => tell("error", error)
    const found = (record: SessionRecord): void => dispatch({ type: "recordRead", record })
    this.#settings = settings
    const { origin, path } = hubAddress(settings.url)
    this.prefix = `tributary:${origin}${path}:${settings.appId}:`
    const isPage = typeof document !== "undefined"
    const kept = settings.storage ?? (isPage ? browserStorage() : undefined)
    // Later in this turn, so that the host can have added its listeners.
    if (isPage && !kept) queueMicrotask(() => complain(noStorage("the browser forbids it here")))
    this.#storage = new ClientStorage(kept ?? memoryStorage(), clock, complain)
    this.#locks = settings.locks === false ? undefined : (settings.locks ?? browserLocks())
    const locks = kept && settings.locks !== false ? this.#locks : false
    this.keeper = new SessionKeeper({ storage: this.#storage, clock, prefix: this.prefix, locks, found })
    this.drafts = new DraftStorage({
      storage: this.#storage,
      clock,
      prefix: this.prefix,
      tab: this.#tab,
      isOpen: (tab, at) => this.#isOpen(tab, at),
    })
    this.deviceId = settings.deviceId ?? newLocalId()
  }

  /** Reads the device's id, or makes it: one tab at a time, so that all have the same. */
  async load(): Promise<void> {
    await this.keeper.inTurn(async () => {
      const key = `${this.prefix}device`
      const known = await this.#storage.get(key)
      if (this.#settings.deviceId === undefined && known) this.deviceId = known
      if (this.deviceId !== known) await this.#storage.set(key, this.deviceId)
    })
    if (this.#locks)
      this.#present = acquire(
        this.#locks,
        this.#tabLock(this.#tab),
        Number.POSITIVE_INFINITY,
        this.#settings.clock,
      )
  }

  /** Whether another tab has written the session; `null`: everything was emptied. */
  isSession(key: string | null): boolean {
    return key === null || key === this.keeper.key
  }

  /** This tab is gone: another one may take its drafts. */
  leave(): void {
    void this.#present?.then((release) => release?.())
    this.keeper.unlock()
  }

  readonly #tabLock = (tab: string): string => `${this.prefix}tab:${tab}`

  async #isOpen(tab: string, at: number): Promise<boolean> {
    if (this.#locks) return await isHeld(this.#locks, this.#tabLock(tab))
    // In Node and in apps one client at a time uses a storage.
    return typeof document !== "undefined" && at > this.#settings.clock.now() - SILENT_MS
  }
}
