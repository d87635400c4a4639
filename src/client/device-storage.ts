/** What this device keeps in its storage: its id, the session that its tabs share, and the drafts. */
import type { ClientContext } from "./client-context.ts"
import { ClientError } from "./client-error.ts"
import { browserStorage, clientStorage, memoryStorage } from "./client-storage.ts"
import { type DraftStorage, draftStorage } from "./draft-storage.ts"
import { hubAddress } from "./hub-address.ts"
import { newLocalId } from "./local-id.ts"
import { type SessionKeeper, sessionKeeper } from "./session-keeper.ts"
import { acquire, browserLocks, isHeld, type Release } from "./tab-locks.ts"
import { isPage } from "./visibility.ts"

/** Without locks, a tab that has written nothing for so long is gone. Timers of hidden tabs run once a minute. */
const SILENT_MS = 150_000

export interface DeviceStorage {
  /** Final once `load` is done. */
  readonly deviceId: string
  readonly prefix: string
  readonly keeper: SessionKeeper
  readonly drafts: DraftStorage
  /** Reads the device's id, or makes it: one tab at a time, so that all have the same. */
  load(): Promise<void>
  /** This tab is gone: another one may take its drafts. */
  leave(): void
}

export function deviceStorage({ settings, tell, dispatch }: ClientContext): DeviceStorage {
  const { clock } = settings
  // Later in this turn, so that the host can have added its listeners.
  const complain = (error: ClientError): void => queueMicrotask(() => tell("error", error))
  const { origin, path } = hubAddress(settings.url)
  const prefix = `tributary:${origin}${path}:${settings.appId}:`
  const kept = settings.storage ?? (isPage() ? browserStorage() : undefined)
  if (isPage() && !kept) complain(new ClientError("storage_unavailable"))
  const storage = clientStorage(kept ?? memoryStorage(), clock, complain)
  const locks = settings.locks ?? browserLocks()
  const key = `${prefix}device`
  const sessions = sessionKeeper({ storage, clock, prefix, locks: kept ? locks : false, dispatch })
  const keeper: SessionKeeper = {
    ...sessions,
    writeRecord(effect) {
      sessions.writeRecord(effect)
      // Where the storage was emptied, tabs that are opened from now on are to be this device, too.
      storage.update(key, (known) => known || deviceId)
    },
  }
  const tab = newLocalId()
  const lockOf = (of: string): string => `${prefix}tab:${of}`
  let deviceId = settings.deviceId ?? newLocalId()
  let present: Promise<Release | undefined> | undefined

  return {
    get deviceId() {
      return deviceId
    },
    prefix,
    keeper,
    drafts: draftStorage({
      storage,
      clock,
      prefix,
      tab,
      isOpen: async (of, at) =>
        locks
          ? isHeld(locks, lockOf(of))
          : // In Node and in apps one client at a time uses a storage.
            isPage() && at > clock.now() - SILENT_MS,
    }),
    async load() {
      await keeper.inTurn(async () => {
        const known = await storage.get(key)
        deviceId = settings.deviceId ?? (known || deviceId)
        if (deviceId !== known) await storage.set(key, deviceId)
      })
      if (locks) present = acquire(locks, lockOf(tab), Number.POSITIVE_INFINITY, clock)
    },
    leave() {
      present?.then((release) => release?.())
      keeper.unlock()
    },
  }
}
