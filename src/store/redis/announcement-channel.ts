/**
 * One channel with the tails of its logs. The channel has a running number; a number left out, or a heartbeat
 * with a higher one, shows that announcements were lost, for all logs of the channel at once ([S9]).
 */
import type { Announcement } from "./announcement.ts"
import { type ReadOn, Tail } from "./tail.ts"

export interface ChannelSubscriber {
  /** Resolves when the server has confirmed the subscription, with the channel's number as it was then or later. */
  subscribe(channel: string): Promise<number>
}

export class AnnouncementChannel {
  readonly channel: string
  readonly #tails = new Map<string, Tail>()
  readonly #subscribe: () => Promise<number>
  #number: number | undefined
  #subscription: Promise<void> | undefined
  #awaited: (() => void)[] = []
  /** When a heartbeat, of whichever node, arrived last (`performance.now()`). */
  proven = 0

  constructor(channel: string, subscriptions: ChannelSubscriber) {
    this.channel = channel
    this.#subscribe = () => subscriptions.subscribe(channel)
  }

  get idle(): boolean {
    return this.#tails.size === 0
  }

  tail(key: string, readOn: ReadOn): Tail {
    const known = this.#tails.get(key)
    if (known) return known
    const tail = new Tail(readOn)
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

  /** The connection was lost: subscribe anew, then read what was missed – in this order, or a gap stays. */
  async resume(): Promise<void> {
    this.#number = undefined
    this.#subscription = undefined
    await this.subscribed()
    this.#catchUp()
  }

  hear(announcement: Announcement): void {
    const { number, entries, heartbeat } = announcement
    for (const { key, parse } of entries) this.#tails.get(key)?.hear(parse())
    if (this.#number !== undefined) {
      const expected = heartbeat ? this.#number : this.#number + 1
      this.#number = Math.max(this.#number, number)
      if (number > expected) this.#catchUp()
    }
    if (!heartbeat) return
    this.proven = performance.now()
    for (const tell of this.#awaited.splice(0)) tell()
  }

  /** Resolves with the next heartbeat. */
  heartbeat(): Promise<void> {
    return new Promise((resolve) => this.#awaited.push(resolve))
  }

  #catchUp(): void {
    for (const tail of this.#tails.values()) tail.catchUp()
  }
}
