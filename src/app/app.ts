/**
 * One app as a node sees it: its settings and keys, and the way from an id to the partition where it lives.
 */
import type { AppRecord, KeyRecord } from "../domain/records.ts"
import { bucket, digest } from "../lib/hash.ts"
import { partitionOf } from "../lib/ids.ts"
import { HubError } from "../protocol/errors.ts"
import type { AppSettings } from "../protocol/settings.ts"
import { Space } from "../repository/partition.ts"
import type { Store } from "../store/contract.ts"

export class App {
  readonly id: string
  readonly store: Store
  #record: AppRecord
  readonly #spaces: readonly Space[]

  constructor(store: Store, record: AppRecord) {
    this.id = record.id
    this.store = store
    this.#record = record
    this.#spaces = Array.from({ length: record.partitions }, (_, n) => new Space(store, record.id, n))
  }

  get record(): AppRecord {
    return this.#record
  }

  get settings(): AppSettings {
    return this.#record.settings
  }

  get spaces(): readonly Space[] {
    return this.#spaces
  }

  /** Settings or keys have changed; what is asked from now on is judged by the new ones. */
  replace(record: AppRecord): void {
    this.#record = record
  }

  key(kid: string): KeyRecord | undefined {
    return this.#record.keys.find((key) => key.kid === kid)
  }

  space(partition: number): Space {
    const space = this.#spaces[partition]
    if (!space) throw new HubError("not_found", `No partition ${partition}.`)
    return space
  }

  /** Where the thing with this id was born. Ids that no hub made are nobody's. */
  birthplace(id: string): Space | undefined {
    const partition = partitionOf(id)
    return partition === undefined ? undefined : this.#spaces[partition]
  }

  /** Where the directory keeps a text: external ids and verified emails, in the partition of their own hash. */
  shelf(text: string): { readonly space: Space; readonly id: string } {
    return { space: this.space(bucket(text, this.#spaces.length)), id: digest(text) }
  }

  /** A partition for somebody new. */
  anySpace(seed: string): Space {
    return this.space(bucket(seed, this.#spaces.length))
  }
}
