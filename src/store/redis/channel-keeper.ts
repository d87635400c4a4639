/**
 * Keeps the channels subscribed and finds lost tails. After any event that may have cost a subscription or stored
 * entries – a new connection, a new topology of the cluster – every channel is subscribed again and its logs' heads
 * are compared. What happens without an event is found by a heartbeat and a comparison on a timer.
 */
import { setTimeout as delay } from "node:timers/promises"
import { type Backoff, fullJitter } from "../../lib/backoff.ts"
import { Semaphore } from "../../lib/semaphore.ts"
import { heartbeat } from "./announcement.ts"
import type { AnnouncementChannel } from "./announcement-channel.ts"
import type { RedisClient } from "./connect.ts"
import { readHeads } from "./heads.ts"
import { NoAnswer, type RetryingClient, within } from "./retrying-client.ts"

/** A subscription or a heartbeat that takes longer counts as lost. */
const ANSWER_TIMEOUT_MS = 2_500
/** One change of topology comes as several events, which are handled together. */
const COALESCE_MS = 100
const BACKOFF: Backoff = { baseMs: 200, capMs: 2_000 }
/** Channels whose logs are compared at once. */
const MAX_COMPARED = 16
/** After each of these, subscriptions or stored entries may be lost. */
const DOUBTFUL = ["ready", "subscribersReady", "-subscriber", "refresh"]

export interface KeeperSettings {
  /** Milliseconds within which a silent loss is found. */
  readonly heartbeatEveryMs: number
  onError(error: unknown): void
}

export class ChannelKeeper {
  readonly channels = new Map<string, AnnouncementChannel>()
  readonly #link: RetryingClient
  readonly #subscriber: RedisClient
  readonly #settings: KeeperSettings
  readonly #comparing = new Semaphore(MAX_COMPARED)
  readonly #proving = new Set<AnnouncementChannel>()
  readonly #doubted = new Set<AnnouncementChannel>()
  #confirming = false
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(link: RetryingClient, subscriber: RedisClient, settings: KeeperSettings) {
    this.#link = link
    this.#subscriber = subscriber
    this.#settings = settings
    for (const event of DOUBTFUL) subscriber.on(event, () => this.#doubt(this.channels.values()))
    this.#schedule()
  }

  /** Resolves when the server has confirmed the subscription, with the channel's number as it was then or later. */
  async subscribe(channel: string): Promise<number> {
    await within(ANSWER_TIMEOUT_MS, this.#subscriber.ssubscribe(channel))
    return this.#number(channel)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.channels.clear()
    this.#doubted.clear()
  }

  async #number(channel: string): Promise<number> {
    return Number((await this.#link.withRetry((writer) => writer.get(channel))) ?? 0)
  }

  #doubt(channels: Iterable<AnnouncementChannel>): void {
    for (const channel of channels) this.#doubted.add(channel)
    if (!this.#confirming && this.#doubted.size > 0) void this.#confirmAll()
  }

  /** A channel is tried again until it is confirmed or dropped. */
  async #confirmAll(): Promise<void> {
    this.#confirming = true
    for (let failures = 0; this.#doubted.size > 0; ) {
      const round = [...this.#doubted]
      this.#doubted.clear()
      const confirmed = await Promise.all(round.map((channel) => this.#confirmed(channel)))
      failures = confirmed.every(Boolean) ? 0 : failures + 1
      const pause = failures > 0 ? fullJitter(failures - 1, BACKOFF, Math.random()) : 0
      if (this.#doubted.size > 0) await delay(COALESCE_MS + pause)
    }
    this.#confirming = false
  }

  async #confirmed(channel: AnnouncementChannel): Promise<boolean> {
    try {
      if (this.channels.get(channel.channel) === channel) {
        await channel.resubscribe()
        await this.#compare(channel)
      }
      return true
    } catch (error) {
      if (this.#closed) return true
      this.#settings.onError(error)
      this.#doubted.add(channel)
      // Half open: the connection is replaced, and its next `ready` confirms all channels.
      if (error instanceof NoAnswer && this.#subscriber.status === "ready") this.#subscriber.disconnect(true)
      return false
    }
  }

  #compare(channel: AnnouncementChannel): Promise<void> {
    return this.#comparing.run(() =>
      channel.compare((keys) => this.#link.withRetry((writer) => readHeads(writer, keys))),
    )
  }

  /**
   * With jitter, so that nodes do not send heartbeats together: one node's heartbeat serves all. Each node compares its
   * own logs.
   */
  #schedule(): void {
    const { heartbeatEveryMs } = this.#settings
    this.#timer = setTimeout(
      () => {
        const due = performance.now() - heartbeatEveryMs / 2
        for (const channel of this.channels.values()) {
          this.#check(channel, due).catch((error: unknown) => {
            if (!this.#closed) this.#settings.onError(error)
          })
        }
        this.#schedule()
      },
      (heartbeatEveryMs / 2) * (0.6 + 0.4 * Math.random()),
    )
  }

  async #check(channel: AnnouncementChannel, due: number): Promise<void> {
    if (channel.idle) return this.#drop(channel)
    if (channel.proven < due) await this.#prove(channel)
    if (channel.compared < due) await this.#compare(channel)
  }

  async #drop(channel: AnnouncementChannel): Promise<void> {
    this.channels.delete(channel.channel)
    await within(ANSWER_TIMEOUT_MS, this.#subscriber.sunsubscribe(channel.channel))
  }

  /** Publishes the channel's number; if it does not come back in time, the subscription is lost. */
  async #prove(channel: AnnouncementChannel): Promise<void> {
    if (this.#proving.has(channel)) return
    this.#proving.add(channel)
    try {
      const echo = channel.heartbeat()
      const number = await this.#number(channel.channel)
      await this.#link.withRetry((writer) => writer.spublish(channel.channel, heartbeat(number)))
      await within(ANSWER_TIMEOUT_MS, echo).catch(() => this.#doubt([channel]))
    } finally {
      this.#proving.delete(channel)
    }
  }
}
