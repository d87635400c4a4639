/**
 * The commits of one turn of the event loop to one partition go in one script call, and so do those that come while another
 * call is under way: that is what makes a busy node fast. Each commit is judged on its own. A batch whose answer is lost is
 * sent again as a whole, and because each commit has an id it is applied once. Its entries get new tags then: a store that
 * lost the first ones after a fail-over may store them a second time, and followers must be able to tell.
 */
import type { Change, Committed, Conflict, PartitionName, Repeated } from "../contract.ts"
import { validateChange } from "../validate.ts"
import type { Client } from "./connect.ts"
import { Writer } from "./msgpack.ts"
import { type Replication, replicated } from "./replication.ts"
import type { RetryingClient } from "./retrying-client.ts"
import type { Script } from "./script.ts"
import {
  type CommitParts,
  encode,
  type Identity,
  identityOf,
  KeyTable,
  parseReply,
} from "./script-arguments.ts"

/** Redis serves no other client while a batch runs: about 4 ms at this size. */
const MAX_CHANGES = 32
const MAX_BYTES = 512 * 1024

/** How long a batch waits at most for the answer to the one before it, to collect more commits. */
const HOLD_MS = 10

/** Write buffers kept for reuse: about as many as there are batches under way at once. */
const MAX_IDLE_WRITERS = 8

type Outcome = Committed | Repeated | Conflict

interface Waiting {
  readonly change: Change
  readonly identity: Identity
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

interface Sendable {
  readonly keys: KeyTable
  readonly changes: Buffer
}

class Batch {
  readonly keys = new KeyTable()
  readonly changes: Writer
  readonly waiting: Waiting[] = []
  readonly #count: number
  #held: NodeJS.Timeout | undefined

  constructor(writer: Writer) {
    this.changes = writer.reset()
    this.#count = writer.openArray()
  }

  finish(): Buffer {
    this.changes.count(this.#count, this.waiting.length)
    return this.changes.finish()
  }

  get held(): boolean {
    return this.#held !== undefined
  }

  hold(send: () => void): void {
    this.#held = setTimeout(send, HOLD_MS)
  }

  letGo(): void {
    clearTimeout(this.#held)
  }

  get full(): boolean {
    return this.waiting.length >= MAX_CHANGES || this.changes.length >= MAX_BYTES
  }
}

export class Commits {
  readonly #link: RetryingClient
  readonly #script: Script
  readonly #open = new Map<PartitionName, Batch>()
  /** The batch that was sent last to each partition, until it is answered. */
  readonly #underWay = new Map<PartitionName, Batch>()
  readonly #sent = new Set<Promise<void>>()

  readonly #parts: CommitParts
  /** Write buffers whose batch has been answered, for reuse. */
  readonly #writers: Writer[] = []
  readonly #replication: Replication | undefined

  /** @param replication the replicas that must have a commit before it is answered; none if not given */
  constructor(link: RetryingClient, script: Script, parts: CommitParts, replication?: Replication) {
    this.#parts = parts
    this.#replication = replication
    this.#link = link
    this.#script = script
  }

  commit(partition: PartitionName, change: Change): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      validateChange(partition, change)
      const batch = this.#open.get(partition) ?? this.#begin(partition)
      const identity = identityOf(partition, change, this.#parts)
      encode(partition, change, identity, batch.keys, batch.changes, this.#parts)
      batch.waiting.push({ change, identity, resolve, reject })
      if (batch.full) this.#send(partition, batch)
    })
  }

  /** Resolves when everything handed in has its answer. */
  async settled(): Promise<void> {
    for (const [partition, batch] of this.#open) this.#send(partition, batch)
    await Promise.all(this.#sent)
  }

  #begin(partition: PartitionName): Batch {
    const batch = new Batch(this.#writers.pop() ?? new Writer())
    this.#open.set(partition, batch)
    setImmediate(() => this.#endOfTurn(partition, batch))
    return batch
  }

  #endOfTurn(partition: PartitionName, batch: Batch): void {
    if (this.#open.get(partition) !== batch) return
    if (this.#underWay.has(partition)) batch.hold(() => this.#send(partition, batch))
    else this.#send(partition, batch)
  }

  #send(partition: PartitionName, batch: Batch): void {
    if (this.#open.get(partition) !== batch) return
    this.#open.delete(partition)
    batch.letGo()
    this.#underWay.set(partition, batch)
    const sent = this.#deliver(partition, batch).finally(() => {
      this.#sent.delete(sent)
      this.#sendNext(partition, batch)
    })
    this.#sent.add(sent)
  }

  #sendNext(partition: PartitionName, batch: Batch): void {
    if (this.#underWay.get(partition) !== batch) return
    this.#underWay.delete(partition)
    const next = this.#open.get(partition)
    if (next?.held) this.#send(partition, next)
  }

  async #run(client: Client, partition: PartitionName, { keys, changes }: Sendable) {
    const replies = await this.#script.run(client, keys.keys, changes)
    if (this.#replication) await replicated(client, partition, this.#replication)
    return replies
  }

  async #deliver(partition: PartitionName, batch: Batch): Promise<void> {
    const { keys, waiting } = batch
    const first = { keys, changes: batch.finish() }
    let tries = 0
    try {
      const replies = await this.#link.withRetry((client) => {
        tries += 1
        return this.#run(client, partition, tries === 1 ? first : this.#again(partition, waiting))
      })
      // After a retry the first buffer may still be on its way out, so it is not reused.
      if (tries === 1 && this.#writers.length < MAX_IDLE_WRITERS) this.#writers.push(batch.changes)
      waiting.forEach((one, i) => {
        try {
          one.resolve(parseReply(replies[i], one.change, one.identity.nonce))
        } catch (error) {
          one.reject(error)
        }
      })
    } catch (error) {
      for (const one of waiting) one.reject(error)
    }
  }

  /** The same commits, with other tags. */
  #again(partition: PartitionName, waiting: readonly Waiting[]): Sendable {
    const batch = new Batch(new Writer())
    for (const one of waiting) {
      encode(partition, one.change, one.identity, batch.keys, batch.changes, this.#parts)
      batch.waiting.push(one)
    }
    return { keys: batch.keys, changes: batch.finish() }
  }
}
