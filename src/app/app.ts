/** One app as a node sees it: its settings and keys, and the way from an id to the partition where it lives. */
import type { AppRecord, KeyRecord } from "../domain/records.ts"
import { bucket, digest } from "../lib/hash.ts"
import { partitionOf } from "../lib/ids.ts"
import { KeyedBatches } from "../lib/keyed-batches.ts"
import { KeyedTasks } from "../lib/keyed-tasks.ts"
import type { Millis } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import type { AppSettings } from "../protocol/settings.ts"
import { Partition } from "../repository/partition.ts"
import { type Contention, UNOBSERVED } from "../repository/transact.ts"
import type { Store } from "../store/contract.ts"
import { KnownReadings } from "./known-readings.ts"
import type { MergeRequest } from "./merge-request.ts"
import { RecentChanges, type RecentMerge, type RecentUpgrade } from "./recent-changes.ts"

/** Users that one commit merges into one at most. */
const MAX_MERGED_TOGETHER = 25

export class App {
  readonly id: string
  readonly store: Store
  readonly contention: Contention
  /** Merges into one user take turns on one node (`merge-queue.ts`). */
  readonly merges = new KeyedBatches<MergeRequest, boolean>(MAX_MERGED_TOGETHER)
  /** By user: the compactions of their histories that run on this node. */
  readonly compactions = new Map<string, Promise<void>>()
  /**
   * Conversations whose counts are told again once they are quiet (`tell-again.ts`); `again`: something changed
   * meanwhile.
   */
  readonly toldAgain = new Map<string, "once" | "again">()
  /** Counts of unread messages in long histories, as this node made them last. */
  readonly readings = new KnownReadings()
  readonly recentMerges = new RecentChanges<RecentMerge>()
  readonly recentUpgrades = new RecentChanges<RecentUpgrade>()
  /** Work that follows from commits and that no caller waits for. */
  readonly background = new KeyedTasks()
  #record: AppRecord
  readonly #partitions: readonly Partition[]

  constructor(store: Store, record: AppRecord, contention: Contention = UNOBSERVED) {
    this.id = record.id
    this.store = store
    this.contention = contention
    this.#record = record
    this.#partitions = Array.from(
      { length: record.partitions },
      (_, n) => new Partition(store, record.id, n, true),
    )
  }

  get record(): AppRecord {
    return this.#record
  }

  get settings(): AppSettings {
    return this.#record.settings
  }

  get partitions(): readonly Partition[] {
    return this.#partitions
  }

  /** The store's clock: everything that is kept is dated by it, and no node's clock matters. */
  now(): Millis {
    return this.store.now()
  }

  /** Settings or keys have changed; requests from now on are judged by the new ones. */
  replace(record: AppRecord): void {
    this.#record = record
  }

  /**
   * Called where a user has no record, as is so for visitors who never wrote. In a store that was emptied under the hub no user
   * has one; that must not look the same.
   *
   * @throws HubError `unavailable`
   */
  async demandPresent(): Promise<void> {
    const { value } = await this.partition(0).get("app", "")
    if (!value) throw new HubError("unavailable", "The store has been emptied under this hub.")
  }

  key(kid: string): KeyRecord | undefined {
    return this.#record.keys.find((key) => key.kid === kid)
  }

  partition(index: number): Partition {
    const partition = this.#partitions[index]
    if (!partition) throw new HubError("not_found", `No partition ${index}.`)
    return partition
  }

  /** The partition that an id was created in; `undefined` for an id that no hub made. */
  homePartition(id: string): Partition | undefined {
    const index = partitionOf(id)
    return index === undefined ? undefined : this.#partitions[index]
  }

  /** Where the directory keeps a text: external ids and verified emails, in the partition of their own hash. */
  directorySlot(text: string): { readonly partition: Partition; readonly id: string } {
    return { partition: this.partition(bucket(text, this.#partitions.length)), id: digest(text) }
  }

  /** A partition for a new user. */
  partitionFor(seed: string): Partition {
    return this.partition(bucket(seed, this.#partitions.length))
  }
}
