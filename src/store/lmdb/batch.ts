/**
 * Many changes in one transaction, with one flush to disk. Changes that arrive before LMDB is ready to write join the open
 * batch: on an idle hub those of one turn of the event loop, under load all that arrived while the disk was busy. When a
 * batch is on disk ([S11]), its entries are announced ([S9]) and its commits are answered, in the order of the batches.
 */
import { type Change, type PartitionName, StoreUnavailable } from "../contract.ts"
import type { AppendedEntry, Applied } from "./apply.ts"
import type { Tables } from "./tables.ts"

/** How long a commit waits for the disk before it is rejected ([S13]). */
const FLUSH_DEADLINE_MS = 5_000

/** For so long after the disk refused a commit the store counts as not ready. */
const REFUSED_MS = 10_000

const GONE = "The data file is gone."
const EMPTIED = "The store holds nothing of what should be in this partition."

type Answer = Exclude<Applied, { readonly kind: "emptied" }>

interface Waiting {
  readonly partition: PartitionName
  readonly change: Change
  readonly resolve: (outcome: Answer) => void
  readonly reject: (error: unknown) => void
}

export interface BatchParts {
  /** Inside a transaction, before the first change of a batch. */
  begin(): void
  /** Inside a transaction; what is to be announced is added to the list. */
  apply(partition: PartitionName, change: Change, announcements: AppendedEntry[]): Applied
  /** Inside a transaction, after the last change of a batch. */
  finish(): void
  announce(announcement: AppendedEntry): void
  /** Whether the data file is still the one in the directory: what is flushed to a deleted file is lost. */
  kept(): boolean
}

export class Batches {
  readonly #tables: Tables
  readonly #parts: BatchParts
  #open: Waiting[] | undefined
  #settled: Promise<void> = Promise.resolve()
  #refusedAt = Number.NEGATIVE_INFINITY

  constructor(tables: Tables, parts: BatchParts) {
    this.#tables = tables
    this.#parts = parts
  }

  /** The change must have been checked. */
  add(partition: PartitionName, change: Change): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const open = this.#open ?? this.#begin()
      open.push({ partition, change, resolve, reject })
    })
  }

  get refusedLately(): boolean {
    return performance.now() - this.#refusedAt < REFUSED_MS
  }

  /** Resolves when everything added so far was answered. */
  settled(): Promise<void> {
    return this.#settled
  }

  #begin(): Waiting[] {
    const batch: Waiting[] = []
    const announcements: AppendedEntry[] = []
    this.#open = batch
    const { root } = this.#tables
    // A child transaction is undone if the callback throws after all; a plain one would be committed half done ([S1]).
    const written = root.childTransaction(() => {
      this.#open = undefined
      // The disk may have been busy for long.
      if (!this.#parts.kept()) throw new Error(GONE)
      this.#parts.begin()
      const outcomes = batch.map(({ partition, change }) =>
        this.#parts.apply(partition, change, announcements),
      )
      this.#parts.finish()
      return outcomes
    })
    // Taken now: later, `flushed` would be the promise of the batch after this one.
    const flushed = root.flushed.then(() => undefined)
    this.#settled = this.#settle(batch, written, flushed, announcements, this.#settled)
    return batch
  }

  async #settle(
    batch: readonly Waiting[],
    written: Promise<Applied[]>,
    flushed: Promise<void>,
    announcements: readonly AppendedEntry[],
    previous: Promise<void>,
  ): Promise<void> {
    const reject = (why: string, cause?: unknown) => {
      for (const waiting of batch) waiting.reject(new StoreUnavailable(why, { cause }))
    }
    const deadline = setTimeout(() => reject("The disk did not take the commit in time."), FLUSH_DEADLINE_MS)
    try {
      const outcomes = await written
      await flushed
      await previous
      if (!this.#parts.kept()) throw new Error(GONE)
      for (const announcement of announcements) this.#parts.announce(announcement)
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.kind === "emptied") batch[index]?.reject(new StoreUnavailable(EMPTIED))
        else batch[index]?.resolve(outcome)
      }
    } catch (error) {
      if (this.#open === batch) this.#open = undefined
      this.#refusedAt = performance.now()
      reject("The disk did not take the commit.", await reasonOf(error))
      await previous
    } finally {
      clearTimeout(deadline)
    }
  }
}

/** lmdb-js gives the reason of a failed commit in a second promise; its rejection ends the process if it is not handled. */
async function reasonOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !("commitError" in error)) return error
  try {
    await error.commitError
    return error
  } catch (reason) {
    return reason
  }
}
