/**
 * One channel with the tails of its logs. The channel has a running number; a number left out, or a heartbeat
 * with a higher one, shows that announcements were lost, for all logs of the channel at once ([S9]); a number that
 * fell shows that the store lost entries it had announced ([S10]).
 */
import type { Announcement } from "./announcement.ts"
import { type LogName, type ReadOn, Tail } from "./tail.ts"

export interface ChannelSubscriber {
  /** Resolves when the server has confirmed the subscription, with the channel's number as it was then or later. */
  subscribe(channel: string): Promise<number>
}

/** The heads of these logs, each as `headText` writes it. */
export type ReadHeads = (keys: readonly string[]) => Promise<readonly string[]>

export class AnnouncementChannel {
  readonly channel: string
  readonly #tails = new Map<string, Tail>()
  readonly #subscribe: () => Promise<number>
  #number: number | undefined
  #subscription: Promise<void> | undefined
  #awaited: (() => void)[] = []
  /** When a heartbeat, of whichever node, arrived last (`performance.now()`). */
  proven = 0
  /** When the logs' heads were compared last (`performance.now()`). */
  compared = 0

  constructor(channel: string, subscriptions: ChannelSubscriber) {
    this.channel = channel
    this.#subscribe = () => subscriptions.subscribe(channel)
  }

  get idle(): boolean {
    return this.#tails.size === 0
  }

  tail(key: string, name: LogName, readOn: ReadOn): Tail {
    const known = this.#tails.get(key)
    if (known) return known
    const tail = new Tail(name, readOn)
    this.#tails.set(key, tail)
    return tail
  }

  /** Forgets a log without followers. The channel stays until the next round of heartbeats. */
  release(key: string): boolean {
    return this.#tails.get(key)?.idle === true && this.#tails.delete(key)
  }

  /** Resolves when the server has confirmed the subscription. */
  subscribed(): Promise<void> {
    if (!this.#subscription) {
      const subscription = this.#subscribe().then((number) => {
        this.#number = Math.max(this.#number ?? 0, number)
      })
      this.#subscription = subscription
      subscription.catch(() => {
        if (this.#subscription === subscription) this.#subscription = undefined
      })
    }
    return this.#subscription
  }

  /** Subscribes again; compare afterwards, in this order, or a gap stays. */
  async resubscribe(): Promise<void> {
    this.#number = undefined
    this.#subscription = undefined
    await this.subscribed()
  }

  /**
   * Compares each log's head with the last entry its followers were told. A heartbeat shows that announcements arrive,
   * not that the store still holds them: after a fail-over the same numbers can belong to other entries.
   */
  async compare(headsOf: ReadHeads): Promise<void> {
    const keys = [...this.#tails.keys()]
    const heads = await headsOf(keys)
    for (const [at, key] of keys.entries()) this.#tails.get(key)?.compare(heads[at] ?? "")
    this.compared = performance.now()
  }

  hear(announcement: Announcement): void {
    const { number, entries, heartbeat } = announcement
    for (const entry of entries) this.#tails.get(entry.key)?.hear(entry.parse())
    if (this.#number !== undefined) {
      // A heartbeat's number was read before it was sent: others may have overtaken it.
      const lost = heartbeat ? number > this.#number : number !== this.#number + 1
      this.#number = heartbeat ? Math.max(this.#number, number) : number
      if (lost) for (const tail of this.#tails.values()) tail.catchUp()
    }
    if (!heartbeat) return
    this.proven = performance.now()
    for (const tell of this.#awaited.splice(0)) tell()
  }

  /** Resolves with the next heartbeat. */
  heartbeat(): Promise<void> {
    return new Promise((resolve) => this.#awaited.push(resolve))
  }
}
