/** Reads and writes the record that the tabs of a browser share, one tab at a time where it matters. */
import type { Clock } from "../lib/clock.ts"
import { type ClientStorage, chain } from "./client-storage.ts"
import { decodeRecord, mayReplace, type SessionRecord } from "./session-record.ts"
import { acquire, acquireInStorage, type Release, type TabLocks } from "./tab-locks.ts"

/** A tab may freeze while it holds the lock; then the others go on without it. */
const LOCK_WAIT_MS = 7_000
/** A sign-out waits no longer than this for another tab that makes a session. */
const LEAVE_WAIT_MS = 1_000

export interface SessionKeeperParts {
  readonly storage: ClientStorage
  readonly clock: Clock
  readonly prefix: string
  /** `undefined`: the lock is kept in the storage; `false`: there are no other tabs. */
  readonly locks: TabLocks | undefined | false
  readonly found: (record: SessionRecord) => void
}

export class SessionKeeper {
  readonly #parts: SessionKeeperParts
  /** Where the record is stored. */
  readonly key: string
  #release: Release | undefined
  /** Another number: the caller that asked for the lock before has given up. */
  #turn = 0
  #writes = 0

  constructor(parts: SessionKeeperParts) {
    this.#parts = parts
    this.key = `${parts.prefix}session`
  }

  /** As `readSession`, and without it if another tab keeps it, or something takes its place: a sign-out is told to the hub. */
  lockBriefly(act: () => void): void {
    this.#lock(LEAVE_WAIT_MS, act)
  }

  #lock(waitMs: number, act: (isMine: boolean) => void): void {
    this.#let()
    const turn = this.#turn
    void this.#acquire(waitMs).then((release) => {
      const isMine = turn === this.#turn
      if (isMine) this.#release = release
      else release?.()
      act(isMine)
    })
  }

  /** Does something while no other tab is in its turn; nothing takes this one's away. */
  async inTurn(act: () => Promise<void>): Promise<void> {
    const release = await this.#acquire(LOCK_WAIT_MS)
    try {
      await act()
    } finally {
      release?.()
    }
  }

  /** Once what was written is stored. */
  unlock(): void {
    this.#parts.storage.settled(() => this.#let())
  }

  /** Waits for its turn, and keeps it until `unlock`. A later call, or `unlock`, takes its place. */
  readSession(use: (record: SessionRecord) => void): void {
    this.#lock(LOCK_WAIT_MS, (isMine) => {
      if (isMine) this.#read(use)
    })
  }

  /** @param inTurn once no other tab is changing it */
  readRecord(inTurn: boolean): void {
    const { found } = this.#parts
    // Later in this turn: what is decided now may write, and what stood there before must not count after it.
    if (!inTurn || this.#release) queueMicrotask(() => this.#read(found))
    else
      void this.#acquire(LOCK_WAIT_MS).then((release) =>
        this.#read((record) => {
          release?.()
          found(record)
        }),
      )
  }

  /** Where it may not be written, the stored record is reported instead. */
  write(record: SessionRecord): void {
    this.#writes += 1
    this.#parts.storage.update(this.key, (text) => {
      if (mayReplace(decodeRecord(text), record)) return JSON.stringify(record)
      this.readRecord(false)
      return text
    })
  }

  dropSession(sessionToken: string): void {
    this.#writes += 1
    this.#parts.storage.update(this.key, (text) => {
      const { sessionToken: stored, userId: _, ...rest } = decodeRecord(text)
      return stored === sessionToken ? JSON.stringify(rest) : text
    })
  }

  #let(): void {
    this.#turn += 1
    this.#release?.()
    this.#release = undefined
  }

  #read(use: (record: SessionRecord) => void): void {
    const writes = this.#writes
    const text = this.#parts.storage.get(this.key)
    // While a slow storage answered, this tab may have signed out: what stood there before is not read any more.
    chain(text, (read) => (writes === this.#writes ? use(decodeRecord(read)) : this.#read(use)))
  }

  #acquire(waitMs: number): Promise<Release | undefined> {
    const { locks, storage, clock, prefix } = this.#parts
    if (locks === false) return Promise.resolve(undefined)
    const name = `${prefix}lock`
    return locks ? acquire(locks, name, waitMs, clock) : acquireInStorage(storage, name, waitMs, clock)
  }
}
