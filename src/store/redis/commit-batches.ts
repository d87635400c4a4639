/**
 * The commits of one turn of the event loop to one partition go in one script call, and so do those that come while another
 * call is under way: that is what makes a busy node fast. Each commit is judged on its own. A batch whose answer is lost is
 * sent again as a whole, and because each commit has an id it is applied once. Its entries get new tags then: a store that
 * lost the first ones after a fail-over may store them a second time, and followers must be able to tell.
 */
import type { Change, Committed, Conflict, PartitionName, Repeated } from "../contract.ts"
import { validateChange } from "../validate.ts"
import type { RedisClient } from "./connect.ts"
import { PackWriter } from "./msgpack.ts"
import { type Replication, replicated } from "./replication.ts"
import type { RetryingClient } from "./retrying-client.ts"
import type { Script } from "./script.ts"
import {
  type CommitIdentity,
  type CommitParts,
  encode,
  identityOf,
  KeyTable,
  parseReply,
} from "./script-arguments.ts"

/** Redis serves no other client while a batch runs: about 4 ms at this size. */
const MAX_CHANGES = 32
const MAX_BYTES = 512 * 1024

/** How long a batch waits at most for the answer to the one before it, to collect more commits. */
const HOLD_MS = 10

/**
 * Batches of a busy partition leave at least this far apart: what comes in between goes together and wakes Redis and the nodes once.
 * At 500 messages a second it saves Redis a quarter of its time and a node a sixth; a message takes 2.5 ms longer.
 */
const SPACING_MS = 5

/** A batch of so many commits leaves when the one before it is answered: Redis works while the node delivers. */
const FULL_ENOUGH = 8

/** How long a partition counts as busy after a commit has met another on its way: a user who writes alone never waits. */
const BUSY_MS = 50

/** Write buffers kept for reuse: about as many as there are batches under way at once. */
const MAX_IDLE_WRITERS = 8

type Outcome = Committed | Repeated | Conflict

interface Waiting {
  readonly change: Change
  readonly identity: CommitIdentity
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

interface Sendable {
  readonly keys: KeyTable
  readonly changes: Buffer
}

class Batch {
  readonly keys = new KeyTable()
  readonly changes: PackWriter
  readonly waiting: Waiting[] = []
  #held: NodeJS.Timeout | undefined

  constructor(writer: PackWriter) {
    this.changes = writer.reset()
  }

  get held(): boolean {
    return this.#held !== undefined
  }

  hold(send: () => void, ms: number): void {
    clearTimeout(this.#held)
    this.#held = setTimeout(send, ms)
  }

  letGo(): void {
    clearTimeout(this.#held)
  }

  get full(): boolean {
    return this.waiting.length >= MAX_CHANGES || this.changes.length >= MAX_BYTES
  }
}

/** The batches of one partition. Times are of `performance.now()`. */
class Lane {
  readonly partition: PartitionName
  open: Batch | undefined
  /** The batch that was sent last, until it is answered. */
  underWay: Batch | undefined
  #sentAt = 0
  #busyUntil = 0

  constructor(partition: PartitionName) {
    this.partition = partition
  }

  /** Milliseconds that a batch waits which is complete now. */
  get wait(): number {
    const now = performance.now()
    if (this.underWay) {
      this.#busyUntil = now + BUSY_MS
      return HOLD_MS
    }
    if (now >= this.#busyUntil || (this.open && this.open.waiting.length >= FULL_ENOUGH)) return 0
    return Math.ceil(this.#sentAt + SPACING_MS - now)
  }

  leave(batch: Batch): void {
    this.open = undefined
    this.underWay = batch
    this.#sentAt = performance.now()
  }
}

const foreign = (keys: readonly unknown[]): Error =>
  new Error(
    `Another program had put something else in place of these keys, and what they held was gone: ${keys.join(", ")}`,
  )

export class Commits {
  readonly #link: RetryingClient
  readonly #script: Script
  readonly #lanes = new Map<PartitionName, Lane>()
  readonly #sent = new Set<Promise<void>>()

  readonly #parts: CommitParts
  /** Write buffers whose batch has been answered, for reuse. */
  readonly #writers: PackWriter[] = []
  readonly #replication: Replication | undefined

  readonly #onError: (error: unknown) => void

  /** @param replication the replicas that must have a commit before it is answered; none if not given */
  constructor(
    link: RetryingClient,
    script: Script,
    parts: CommitParts,
    onError: (error: unknown) => void,
    replication?: Replication,
  ) {
    this.#parts = parts
    this.#onError = onError
    this.#replication = replication
    this.#link = link
    this.#script = script
  }

  commit(partition: PartitionName, change: Change): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      validateChange(partition, change)
      const lane = this.#lane(partition)
      const batch = lane.open ?? this.#begin(lane)
      const identity = identityOf(partition, change, this.#parts)
      encode(partition, change, identity, batch.keys, batch.changes, this.#parts)
      batch.waiting.push({ change, identity, resolve, reject })
      if (batch.full) this.#send(lane, batch)
    })
  }

  /** Resolves when everything handed in has its answer. */
  async settled(): Promise<void> {
    for (const lane of this.#lanes.values()) if (lane.open) this.#send(lane, lane.open)
    await Promise.all(this.#sent)
  }

  #lane(partition: PartitionName): Lane {
    const known = this.#lanes.get(partition)
    if (known) return known
    const lane = new Lane(partition)
    this.#lanes.set(partition, lane)
    return lane
  }

  #begin(lane: Lane): Batch {
    const batch = new Batch(this.#writers.pop() ?? new PackWriter())
    lane.open = batch
    setImmediate(() => this.#sendInTime(lane, batch))
    return batch
  }

  #sendInTime(lane: Lane, batch: Batch): void {
    if (lane.open !== batch) return
    const { wait } = lane
    if (wait > 0) batch.hold(() => this.#send(lane, batch), wait)
    else this.#send(lane, batch)
  }

  #send(lane: Lane, batch: Batch): void {
    if (lane.open !== batch) return
    batch.letGo()
    lane.leave(batch)
    const sent = this.#deliver(lane.partition, batch).finally(() => {
      this.#sent.delete(sent)
      this.#sendNext(lane, batch)
    })
    this.#sent.add(sent)
  }

  #sendNext(lane: Lane, batch: Batch): void {
    if (lane.underWay !== batch) return
    lane.underWay = undefined
    if (lane.open?.held) this.#sendInTime(lane, lane.open)
  }

  async #run(client: RedisClient, partition: PartitionName, { keys, changes }: Sendable) {
    const replies = await this.#script.run(client, keys.keys, changes)
    if (this.#replication) await replicated(client, partition, this.#replication)
    return replies
  }

  async #deliver(partition: PartitionName, batch: Batch): Promise<void> {
    const { keys, waiting } = batch
    const first = { keys, changes: batch.changes.finish() }
    let tries = 0
    try {
      const replies = await this.#link.withRetry((client) => {
        tries += 1
        return this.#run(client, partition, tries === 1 ? first : this.#again(partition, waiting))
      })
      // After a retry the first buffer may still be on its way out, so it is not reused.
      if (tries === 1 && this.#writers.length < MAX_IDLE_WRITERS) this.#writers.push(batch.changes)
      const overwritten = replies[waiting.length]
      if (Array.isArray(overwritten)) this.#onError(foreign(overwritten))
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
    const batch = new Batch(new PackWriter())
    for (const one of waiting) {
      encode(partition, one.change, one.identity, batch.keys, batch.changes, this.#parts)
      batch.waiting.push(one)
    }
    return { keys: batch.keys, changes: batch.changes.finish() }
  }
}
