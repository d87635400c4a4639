/**
 * The followers' side: subscriptions by channel, and the heartbeat by which a silent loss is found.
 * Announcements come over a connection of their own; whatever happens to it, the logs are read on from the last
 * entry of each follower, so nothing is missed and nothing comes twice ([S9]).
 */

import { Semaphore } from "../../lib/semaphore.ts"
import type { Follower, Following, Head, LogKey, PartitionName } from "../contract.ts"
import { heartbeat, parseAnnouncement } from "./announcement.ts"
import { AnnouncementChannel } from "./announcement-channel.ts"
import type { Client } from "./connect.ts"
import { InHand } from "./in-hand.ts"
import { channelKey, logKey } from "./key-names.ts"
import { readHead, readStored, resolvePointers } from "./reads.ts"
import { type RetryingClient, within } from "./retrying-client.ts"
import { idOf } from "./stream-entry.ts"
import type { Continuation, ReadOn } from "./tail.ts"

/** Entries read at once when a follower catches up. */
const CHUNK = 500
/** Logs read at once after a lost connection: thousands at the same moment would outlast their own time-out. */
const AT_ONCE = 64
/** A subscription or a heartbeat that takes longer counts as lost. */
const ANSWER = 2_500
/** [S13] Two calls with retries (retrying-client.ts) one after the other would take more than a few seconds. */
const BEGIN = 6_000

export interface AnnouncementSettings {
  /** Milliseconds within which a silent loss is found. */
  readonly heartbeatEveryMs: number
  onError(error: unknown): void
}

export class Announcements {
  readonly #link: RetryingClient
  readonly #subscriber: Client
  readonly #settings: AnnouncementSettings
  readonly #buckets = new Map<string, AnnouncementChannel>()
  /** By log: what has a follower here. */
  readonly #tails = new Set<string>()
  readonly hand = new InHand((log) => this.#tails.has(log))
  readonly #reading = new Semaphore(AT_ONCE)
  readonly #proving = new Set<AnnouncementChannel>()
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(link: RetryingClient, subscriber: Client, settings: AnnouncementSettings) {
    this.#link = link
    this.#subscriber = subscriber
    this.#settings = settings
    subscriber.on("smessageBuffer", (channel: Buffer, payload: Buffer) => {
      this.#buckets.get(channel.toString("utf8"))?.hear(parseAnnouncement(payload, this.hand))
    })
    subscriber.on("ready", () => this.#each((bucket) => this.#resume(bucket)))
    // A cluster subscribes anew by itself and does not say when: probe the channel.
    subscriber.on("subscribersReady", () => this.#each((bucket) => this.#prove(bucket)))
    subscriber.on("-subscriber", () => this.#each((bucket) => this.#prove(bucket)))
    this.#schedule()
  }

  /** Whether announcements can come in. */
  get open(): boolean {
    return this.#subscriber.status === "ready"
  }

  async follow(partition: PartitionName, log: LogKey, follower: Follower): Promise<Following> {
    const key = logKey(partition, log)
    const bucket = this.#bucket(channelKey(partition, log))
    const tail = bucket.tail(key, this.#readOn(partition, log))
    const member = tail.join(follower)
    this.#tails.add(key)
    const stop = () => {
      member.leave()
      if (bucket.release(key)) this.#tails.delete(key)
    }
    // Subscribe first, read the head then: the tail holds what comes between.
    const begin = async () => {
      await this.#link.withRetry(() => bucket.subscribed())
      const head = await this.#link.withRetry((writer) => readHead(writer, partition, log))
      member.begin(head)
      return head
    }
    try {
      return { head: await within(BEGIN, begin()), stop }
    } catch (error) {
      stop()
      throw error
    }
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#buckets.clear()
    this.#subscriber.disconnect()
  }

  #bucket(channel: string): AnnouncementChannel {
    const known = this.#buckets.get(channel)
    if (known) return known
    const bucket = new AnnouncementChannel(channel, { subscribe: () => this.#subscribe(channel) })
    this.#buckets.set(channel, bucket)
    return bucket
  }

  async #subscribe(channel: string): Promise<number> {
    await within(ANSWER, this.#subscriber.ssubscribe(channel))
    return this.#number(channel)
  }

  async #number(channel: string): Promise<number> {
    return Number((await this.#link.withRetry((writer) => writer.get(channel))) ?? 0)
  }

  /** [S10] Reads on after `last`, and makes sure that `last` is still there. */
  #readOn(partition: PartitionName, log: LogKey): ReadOn {
    const read = (last: Head): Promise<Continuation> =>
      this.#link.withRetry(async (writer) => {
        const rows = await readStored(writer, partition, log, last ? idOf(last) : "-", CHUNK)
        const [first] = rows
        const continues = last ? first?.n === last.n && first.tag === last.tag : (first?.n ?? 1) === 1
        if (!continues) return { kind: "broken", head: await readHead(writer, partition, log) }
        const entries = await resolvePointers(writer, partition, last ? rows.slice(1) : rows)
        return { kind: "continues", entries, more: rows.length === CHUNK }
      })
    return async (last) => {
      while (!this.#closed) {
        try {
          return await this.#reading.run(() => read(last))
        } catch (error) {
          // The retrying client has tried for seconds already, with pauses; a follower does not give up.
          this.#settings.onError(error)
        }
      }
      return undefined
    }
  }

  #each(work: (bucket: AnnouncementChannel) => Promise<void>): void {
    for (const bucket of this.#buckets.values()) {
      work(bucket).catch((error: unknown) => {
        if (!this.#closed) this.#settings.onError(error)
      })
    }
  }

  /** Jittered, so that the nodes' heartbeats spread out; one node's heartbeat serves all. */
  #schedule(): void {
    const { heartbeatEveryMs } = this.#settings
    this.#timer = setTimeout(
      () => {
        const due = performance.now() - heartbeatEveryMs / 2
        this.#each(async (bucket) => {
          if (bucket.idle) await this.#drop(bucket)
          else if (bucket.proven < due) await this.#prove(bucket)
        })
        this.#schedule()
      },
      (heartbeatEveryMs / 2) * (0.6 + 0.4 * Math.random()),
    )
  }

  async #drop(bucket: AnnouncementChannel): Promise<void> {
    this.#buckets.delete(bucket.channel)
    await within(ANSWER, this.#subscriber.sunsubscribe(bucket.channel))
  }

  /** Publishes the channel's number: if it comes back late or not at all, the subscription no longer delivers. */
  async #prove(bucket: AnnouncementChannel): Promise<void> {
    if (this.#proving.has(bucket)) return
    this.#proving.add(bucket)
    try {
      const heard = bucket.heartbeat()
      const number = await this.#number(bucket.channel)
      await this.#link.withRetry((writer) => writer.spublish(bucket.channel, heartbeat(number)))
      await within(ANSWER, heard).catch(() => this.#resume(bucket))
    } finally {
      this.#proving.delete(bucket)
    }
  }

  async #resume(bucket: AnnouncementChannel): Promise<void> {
    try {
      await bucket.resume()
    } catch (error) {
      // Half open: give the connection up. Its next `ready` comes here again.
      if (this.open) this.#subscriber.disconnect(true)
      throw error
    }
  }
}
