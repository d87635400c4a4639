/**
 * Writes when the devices of users were last connected. Changes are collected and written in batches, so that a node whose
 * devices all reconnect at once writes only a few times. What a crashing node had not written is lost; nothing depends on it.
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
/** Devices kept of one user: a client that connects under ever new device ids must not fill the store. */
const MAX_DEVICES = 100
/** A user's devices are counted at one in so many changes, at random, because that costs a call. */
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
  /** By partition, then by user and device: only the latest change of each is written. */
  readonly #noted = new Map<Partition, Map<string, Noted>>()
  #flushing: Promise<void> = Promise.resolve()
  #cancel: (() => void) | undefined

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock
    this.#onError = onError
  }

  /** The device is connected now. Only for users who have a record. */
  here(app: App, userId: UserId, device: Device): void {
    this.#note(app, userId, device, [deviceSeen(userId, device)])
  }

  /** The device does not belong to this user any more. */
  left(app: App, userId: UserId, device: Device): void {
    this.#note(app, userId, device, deviceGone(userId, device))
  }

  /** Resolves when everything noted is written, or has failed. */
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
