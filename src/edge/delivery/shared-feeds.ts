/**
 * Feeds that several sockets of a node share: opened for the first of them, closed after the last. Joining is always *follow,
 * then read, then release*: a member gets every entry from the moment it has entered.
 */
import type { SmallSet } from "../../lib/small-set.ts"

export interface SharedFeed<Member extends object> {
  readonly name: string
  readonly members: SmallSet<Member>
  /** Begins to follow the log or logs of the feed. */
  open(): Promise<void>
  close(): void
}

interface Open<Feed> {
  readonly feed: Feed
  readonly following: Promise<void>
}

export class SharedFeeds<Member extends object, Feed extends SharedFeed<Member>> {
  readonly #open = new Map<string, Open<Feed>>()

  /** @param make makes the feed of this name, if the node does not follow it yet */
  async enter(name: string, make: () => Feed, member: Member): Promise<Feed> {
    const { feed, following } = this.#open.get(name) ?? this.#begin(make())
    feed.members.add(member)
    try {
      await following
    } catch (error) {
      this.leave(feed, member)
      throw error
    }
    return feed
  }

  named(name: string): Feed | undefined {
    return this.#open.get(name)?.feed
  }

  /** @returns whether the feed is closed by that */
  leave(feed: Feed, member: Member): boolean {
    const open = this.#open.get(feed.name)
    if (open?.feed !== feed || !feed.members.delete(member) || feed.members.size > 0) return false
    this.#open.delete(feed.name)
    open.following.then(
      () => feed.close(),
      () => undefined,
    )
    return true
  }

  get count(): number {
    return this.#open.size
  }

  #begin(feed: Feed): Open<Feed> {
    const open = { feed, following: feed.open() }
    this.#open.set(feed.name, open)
    return open
  }
}
