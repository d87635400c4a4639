/** Reads and writes the record that the tabs of a browser share, one tab at a time where it matters. */
import type { Clock } from "../lib/clock.ts"
import type { ClientContext } from "./client-context.ts"
import type { Performers } from "./client-inputs.ts"
import { type ClientStorage, chain } from "./client-storage.ts"
import { decodeRecord, mayReplace, type SessionRecord } from "./session-record.ts"
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
 * `readSession` waits for its turn, and keeps it until `unlock`; a later call, or `unlock`, takes its place. `unlock`:
 * once what was written is stored. Where a record may not be written, the stored one is reported instead.
 */
export interface SessionKeeper
  extends Pick<Performers, "readSession" | "readRecord" | "writeRecord" | "dropSession"> {
  /** Where the record is stored. */
  readonly key: string
  /** Does something while no other tab is in its turn; nothing takes this one's away. */
  inTurn(act: () => Promise<void>): Promise<void>
  /** As `readSession`, and without it if another tab keeps it, or something takes its place: a sign-out is told to the hub. */
  lockBriefly(act: () => void): void
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
  /** Another number: the caller that asked for the lock before has given up. */
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
    // While a slow storage answered, this tab may have signed out: what stood there before is not read any more.
    chain(storage.get(key), (text) => (known === writes ? use(decodeRecord(text)) : read(use)))
  }

  const found = (record: SessionRecord): void => dispatch({ type: "recordRead", record })

  const readRecord: SessionKeeper["readRecord"] = async ({ inTurn }) => {
    // Later in this turn: what is decided now may write, and what stood there before must not count after it.
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
    dropSession: ({ sessionToken }) =>
      rewrite(({ sessionToken: stored, userId: _, ...rest }) => (stored === sessionToken ? rest : undefined)),
  }
}
