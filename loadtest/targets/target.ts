/** What is measured: something that can be started afresh for each round. */
import type { Address } from "../generator/job.ts"
import type { KeyGroup } from "./key-groups.ts"

export interface Running {
  /** For the generators. */
  readonly address: Address
  /** Processes whose CPU and memory are charged to the target itself. */
  readonly pids: readonly number[]
  /** And to its store, if that is a server. */
  readonly storePids: readonly number[]
  /** What the store's data takes, in bytes; `undefined` where that is not known. */
  storeBytes(): Promise<number | undefined>
  /** What lies in its Redis, by kinds of keys; nothing where there is none. */
  keyGroups(): Promise<readonly KeyGroup[]>
  /** Why it is not whole any more; `undefined` if it is. */
  broken(): string | undefined
  stop(): Promise<void>
}

export interface Target {
  readonly name: string
  /** Whether it promises one order on all devices, which is then checked. */
  readonly ordered: boolean
  start(): Promise<Running>
}
