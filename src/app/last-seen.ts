/**
 * When the devices of users were last there. Coming and going is written in batches, so that a node whose devices come
 * back all at once writes a few times; what a node that dies had not written yet is lost, and nothing depends on it.
 */
import type { RankingChange } from "../domain/change-set.ts"
import { type Device, deviceGone, deviceSeen } from "../domain/device.ts"
import type { Clock } from "../lib/clock.ts"
import type { UserId } from "../protocol/branded.ts"
import type { Partition } from "../repository/partition.ts"
import { transact } from "../repository/transact.ts"
import type { App } from "./app.ts"

const FLUSH_MS = 500
/** Changes of one commit. */
const BATCH = 200
/** Of one user: a session that is opened under one name after another must not fill the store. */
const MAX_DEVICES = 100
/** Of so many looks at a user's devices, one counts them. */
const COUNTED = 16
const MAX_READ_DEVICES = 1_000

interface Noted {
  readonly app: App
  readonly userId: UserId
  readonly changes: readonly RankingChange[]
}

export class LastSeen {
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  /** By partition, then by user and device: the latest counts. */
  readonly #noted = new Map<Partition, Map<string, Noted>>()
  #flushing: Promise<void> = Promise.resolve()
  #cancel: (() => void) | undefined

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock
    this.#onError = onError
  }

  /** The device of a user who has a record is there now. */
  here(app: App, userId: UserId, device: Device): void {
    this.#note(app, userId, device, [deviceSeen(userId, device)])
  }

  /** The device is not this user's any more. */
  left(app: App, userId: UserId, device: Device): void {
    this.#note(app, userId, device, deviceGone(userId, device))
  }

  /** Resolves when all that was noted is written, or could not be. */
  flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    const noted = [...this.#noted]
    this.#noted.clear()
    this.#flushing = this.#flushing.then(() => this.#write(noted)).catch(this.#onError)
    return this.#flushing
  }

  #note(app: App, userId: UserId, { channel, id }: Device, changes: readonly RankingChange[]): void {
    const partition = app.homePartition(userId)
    if (!partition) return
    const those = this.#noted.get(partition) ?? new Map<string, Noted>()
    this.#noted.set(partition, those.set(`${userId} ${channel} ${id}`, { app, userId, changes }))
    this.#cancel ??= this.#clock.after(FLUSH_MS, () => void this.flush())
  }

  async #write(noted: readonly (readonly [Partition, ReadonlyMap<string, Noted>])[]): Promise<void> {
    for (const [partition, by] of noted) {
      const those = [...by.values()]
      for (let from = 0; from < those.length; from += BATCH) {
        const batch = those.slice(from, from + BATCH)
        const [first] = batch
        if (first) await this.#commit(first.app, partition, batch)
      }
    }
  }

  async #commit(app: App, partition: Partition, batch: readonly Noted[]): Promise<void> {
    const counted = batch.filter(() => Math.random() * COUNTED < 1)
    const surplus = await Promise.all(counted.map(({ userId }) => surplusDevices(partition, userId)))
    const rank = [...surplus.flat(), ...batch.flatMap(({ changes }) => changes)]
    await transact(app, "devices", () => ({ partition, changeSet: { rank }, committed: () => undefined }))
  }
}

async function surplusDevices(partition: Partition, name: UserId): Promise<RankingChange[]> {
  if ((await partition.size("devices", name)) <= MAX_DEVICES) return []
  const known = await partition.rank("devices", name, { limit: MAX_READ_DEVICES })
  return known.slice(MAX_DEVICES).map(({ member }) => ({ of: "devices", name, member, score: "out" }))
}
