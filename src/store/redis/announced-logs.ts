/**
 * Following logs: which channel announces a log, and how a log is read on. Whatever happens to the connection of the
 * announcements, each log is read on after the last entry that its followers got, so nothing is missed and nothing comes
 * twice ([S9]).
 */
import { setTimeout as delay } from "node:timers/promises"
import { type Backoff, fullJitter } from "../../lib/backoff.ts"
import { Semaphore } from "../../lib/semaphore.ts"
import { SparseReport } from "../../lib/sparse-report.ts"
import type { Follower, Following, Head, LogKey, PartitionName } from "../contract.ts"
import { parseAnnouncement } from "./announcement.ts"
import { AnnouncementChannel } from "./announcement-channel.ts"
import { ChannelKeeper, type KeeperSettings } from "./channel-keeper.ts"
import type { RedisClient } from "./connect.ts"
import { InHand } from "./in-hand.ts"
import { channelKey, logKey } from "./key-names.ts"
import { readHead, readStored, resolvePointers } from "./queries.ts"
import { type RetryingClient, within } from "./retrying-client.ts"
import { idOf, isSame } from "./stream-entry.ts"
import type { Continuation, LogName, ReadOn, Tail, TailFollower } from "./tail.ts"

/** Entries read at once when a follower catches up. */
const CHUNK = 500
/** Logs read at the same time after a lost connection: with thousands at once, reads would run into their time-out. */
const AT_ONCE = 64
/** [S13] Bounds subscribing and reading the head together: each alone may be retried for seconds (`retrying-client.ts`). */
const BEGIN_TIMEOUT_MS = 6_000
/**
 * Between tries. Redis answers a refusal (memory, rights, still loading) at once, so without a pause it would be asked
 * without end.
 */
const BACKOFF: Backoff = { baseMs: 200, capMs: 5_000 }

interface AnnouncedLogsSettings extends KeeperSettings {
  /** Part of the channels' names, for Redis does not separate them. */
  readonly database: number
}

export class AnnouncedLogs {
  readonly #link: RetryingClient
  readonly #subscriber: RedisClient
  readonly #keeper: ChannelKeeper
  readonly #trouble: SparseReport
  /** The keys of logs that have a follower in this process. */
  readonly #tails = new Set<string>()
  readonly hand = new InHand((log) => this.#tails.has(log))
  readonly #reading = new Semaphore(AT_ONCE)
  readonly #database: number
  #closed = false

  constructor(link: RetryingClient, subscriber: RedisClient, settings: AnnouncedLogsSettings) {
    this.#link = link
    this.#database = settings.database
    this.#subscriber = subscriber
    this.#trouble = new SparseReport((error) => settings.onError(error))
    this.#keeper = new ChannelKeeper(link, subscriber, {
      ...settings,
      onError: (error) => this.#trouble.failed(error),
    })
    subscriber.on("smessageBuffer", (channel: Buffer, payload: Buffer) => {
      this.#keeper.channels.get(channel.toString("utf8"))?.hear(parseAnnouncement(payload, this.hand))
    })
  }

  /** Whether announcements can come in. */
  get open(): boolean {
    return this.#subscriber.status === "ready"
  }

  async follow(partition: PartitionName, log: LogKey, follower: Follower, fresh = false): Promise<Following> {
    const key = logKey(partition, log)
    const channel = this.#channel(channelKey(partition, this.#database))
    const followed = new Followed(channel, key, channel.tail(key, { partition, log }, this.#readOn), {
      follower,
      followed: this.#tails,
    })
    try {
      await within(BEGIN_TIMEOUT_MS, this.#begin(followed, channel, fresh ? undefined : { partition, log }))
      return followed
    } catch (error) {
      followed.stop()
      throw error
    }
  }

  /** Subscribes first and reads the head after it: the tail holds what is announced in between. */
  async #begin(
    followed: Followed,
    channel: AnnouncementChannel,
    written: LogName | undefined,
  ): Promise<void> {
    await this.#link.withRetry(() => channel.subscribed())
    const head =
      written && (await this.#link.withRetry((writer) => readHead(writer, written.partition, written.log)))
    followed.begin(head)
  }

  close(): void {
    this.#closed = true
    this.#keeper.close()
    this.#subscriber.disconnect()
  }

  #channel(name: string): AnnouncementChannel {
    const known = this.#keeper.channels.get(name)
    if (known) return known
    const channel = new AnnouncementChannel(name, this.#keeper)
    this.#keeper.channels.set(name, channel)
    return channel
  }

  /** [S10] Reads on after `last`, and makes sure that `last` is still there. */
  #after({ partition, log }: LogName, last: Head): Promise<Continuation> {
    return this.#link.withRetry(async (writer) => {
      const rows = await readStored(writer, partition, log, last ? idOf(last) : "-", CHUNK)
      const [first] = rows
      const continues = last ? isSame(first, last) : (first?.n ?? 1) === 1
      if (!continues) return { kind: "broken", head: await readHead(writer, partition, log) }
      const entries = await resolvePointers(writer, partition, last ? rows.slice(1) : rows)
      return { kind: "continues", entries, more: rows.length === CHUNK }
    })
  }

  readonly #readOn: ReadOn = async (name, last) => {
    for (let attempt = 0; !this.#closed; attempt++) {
      try {
        return await this.#reading.run(() => this.#after(name, last))
      } catch (error) {
        // Reported, and tried again: a follower must not miss an entry.
        if (!this.#closed) this.#trouble.failed(error)
      }
      await delay(fullJitter(attempt, BACKOFF, 0.5 + Math.random() / 2), undefined, { ref: false })
    }
    return undefined
  }
}

/** A class, not a pair of closures: a node has one for each connected user, and this takes less memory. */
class Followed implements Following {
  head: Head
  readonly #channel: AnnouncementChannel
  readonly #key: string
  readonly #member: TailFollower
  readonly #followed: Set<string>

  constructor(
    channel: AnnouncementChannel,
    key: string,
    tail: Tail,
    { follower, followed }: { readonly follower: Follower; readonly followed: Set<string> },
  ) {
    this.#channel = channel
    this.#key = key
    this.#member = tail.join(follower)
    this.#followed = followed
    followed.add(key)
  }

  begin(head: Head): void {
    this.head = head
    this.#member.begin(head)
  }

  stop(): void {
    this.#member.leave()
    if (this.#channel.release(this.#key)) this.#followed.delete(this.#key)
  }
}
