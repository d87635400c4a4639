/** Decodes the entries of a user's feed for its follower; the store gives bytes. */
import type { Entry, Follower, Head } from "../store/contract.ts"
import { type FeedEntry, feedEntry } from "./log-entries.ts"

export interface FeedFollower {
  entry(entry: FeedEntry): void
  broken(head: Head): void
}

/** A class, not a pair of closures: a node has one for each connected user, and this takes less memory. */
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
