/** Followers of a user's feed get its entries as they mean, where the store gives bytes. */
import type { Entry, Follower, Head } from "../store/contract.ts"
import { type FeedEntry, feedEntry } from "./log-entries.ts"

export interface FeedFollower {
  entry(entry: FeedEntry): void
  broken(head: Head): void
}

/** There is one for each user of a node, so it is no pair of closures. */
export class Decoding implements Follower {
  readonly #on: FeedFollower

  constructor(on: FeedFollower) {
    this.#on = on
  }

  entry(entry: Entry): void {
    this.#on.entry(feedEntry(entry))
  }

  broken(head: Head): void {
    this.#on.broken(head)
  }
}
