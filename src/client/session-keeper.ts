/** Reads and writes the record that the tabs of a browser share, one tab at a time where it matters. */
import type { Clock } from "../lib/clock.ts"
import type { ClientContext } from "./client-context.ts"
import type { Performers } from "./client-inputs.ts"
import { type ClientStorage, chain } from "./client-storage.ts"
import { decodeRecord, mayReplace, type SessionRecord, sessionDropped } from "./session-record.ts"
import { acquire, acquireInStorage, type Release, type TabLocks } from "./tab-locks.ts"

/** A tab may freeze while it holds the lock; then the others go on without it. */
const LOCK_WAIT_MS = 7_000
/** A sign-out waits no longer than this for another tab that makes a session. */
const LEAVE_WAIT_MS = 1_000

export interface SessionKeeperParts extends Pick<ClientContext, "dispatch"> {
  readonly storage: ClientStorage
  readonly clock: Clock
  readonly prefix: string
  /** `undefined`: the lock is kept in the storage; `false`: there are no other tabs. */
  readonly locks: TabLocks | undefined | false
}

/**
 * `readSession` waits for the lock and keeps it until `unlock`; it reads nothing if another `readSession` or an `unlock`
 * comes while it waits. `writeRecord` reports the stored record where that is to be kept.
 */
export interface SessionKeeper
  extends Pick<Performers, "readSession" | "readRecord" | "writeRecord" | "dropSession"> {
  /** Where the record is stored. */
  readonly key: string
  /** Acts with a lock of its own, which `unlock` does not release. */
  inTurn(act: () => Promise<void>): Promise<void>
  /** Acts with the lock, or without it if another tab keeps it for long: a sign-out has to be told to the hub. */
  lockBriefly(act: () => void): void
  /** Releases the lock as soon as all that was written is stored. */
  unlock(): void
}

export function sessionKeeper({
  storage,
  clock,
  prefix,
  locks,
  dispatch,
}: SessionKeeperParts): SessionKeeper {
  const key = `${prefix}session`
  let release: Release | undefined
  /** Rises with each lock and `unlock`: a caller that still waits with an earlier number does not get the lock. */
  let turn = 0
  let writes = 0

  const acquired = async (waitMs = LOCK_WAIT_MS): Promise<Release | undefined> => {
    if (locks === false) return undefined
    const name = `${prefix}lock`
    return locks ? acquire(locks, name, waitMs, clock) : acquireInStorage(storage, name, waitMs, clock)
  }

  const letGo = (): void => {
    turn += 1
    release?.()
    release = undefined
  }

  const lock = async (act: (isMine: boolean) => void, waitMs?: number): Promise<void> => {
    letGo()
    const mine = turn
    const got = await acquired(waitMs)
    const isMine = mine === turn
    if (isMine) release = got
    else got?.()
    act(isMine)
  }

  const read = (use: (record: SessionRecord) => void): void => {
    const known = writes
    // While a slow storage answered, this tab may have signed out: then what was stored before is of no use.
    chain(storage.get(key), (text) => (known === writes ? use(decodeRecord(text)) : read(use)))
  }

  const found = (record: SessionRecord): void => dispatch({ type: "recordRead", record })

  const readRecord: SessionKeeper["readRecord"] = async ({ inTurn }) => {
    // After the present effects: they may write the record, and what was stored before must not be reported after that.
    if (!inTurn || release) return queueMicrotask(() => read(found))
    const got = await acquired()
    read((record) => {
      got?.()
      found(record)
    })
  }

  const rewrite = (change: (stored: SessionRecord) => SessionRecord | undefined): void => {
    writes += 1
    storage.update(key, (text) => {
      const record = change(decodeRecord(text))
      return record ? JSON.stringify(record) : text
    })
  }

  return {
    key,
    async inTurn(act) {
      const got = await acquired()
      try {
        await act()
      } finally {
        got?.()
      }
    },
    lockBriefly: (act) => void lock(act, LEAVE_WAIT_MS),
    unlock: () => storage.settled(letGo),
    readSession: ({ run }) =>
      void lock((isMine) => {
        if (isMine) read((record) => dispatch({ type: "sessionRead", run, record }))
      }),
    readRecord,
    writeRecord: ({ record }) =>
      rewrite((stored) => {
        if (mayReplace(stored, record)) return record
        readRecord({ do: "readRecord", inTurn: false })
        return undefined
      }),
    dropSession: ({ sessionToken, consumed }) =>
      rewrite((stored) =>
        stored.sessionToken === sessionToken ? sessionDropped(stored, consumed) : undefined,
      ),
  }
}
