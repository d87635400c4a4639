/**
 * The agents' feed on a node. While an app has a console here, all its partitions are followed, and each entry is given to
 * these consoles, which decide by their scope whether to send it.
 */
import { type AgentFeedItem, agentItemOf, takesBack } from "../../app/agents/agent-feed.ts"
import { FeedPositions } from "../../app/agents/feed-positions.ts"
import type { App } from "../../app/app.ts"
import { checkRecentSoon } from "../../app/check-recent.ts"
import { SmallSet } from "../../lib/small-set.ts"
import { HubError } from "../../protocol/errors.ts"
import type { AgentEntry } from "../../repository/log-entries.ts"
import { allFollowing } from "../../repository/partition.ts"
import type { Following } from "../../store/contract.ts"
import { type SharedFeed, SharedFeeds } from "./shared-feeds.ts"

export interface Console {
  /** Events that came while its state is read; `undefined` once they were released. */
  held: AgentFeedItem[] | undefined
  deliver(item: AgentFeedItem): void
  /** The store lost events that this console has got: nothing more is delivered before its full state. */
  reset(): void
}

export class ConsoleFeed implements SharedFeed<Console> {
  readonly app: App
  readonly name: string
  readonly members = new SmallSet<Console>()
  readonly #onError: (error: unknown) => void
  #positions: FeedPositions | undefined
  #chain: Promise<void> = Promise.resolve()
  #following: readonly Following[] = []
  #age = 0

  constructor(app: App, onError: (error: unknown) => void) {
    this.app = app
    this.name = app.id
    this.#onError = onError
  }

  async open(): Promise<void> {
    let early: { partition: number; entry: AgentEntry }[] = []
    let opening = true
    this.#following = await allFollowing(
      this.app.partitions.map((partition) =>
        partition.followAgents({
          entry: (entry) => {
            if (opening) early.push({ partition: partition.index, entry })
            else this.#deliver(partition.index, entry)
          },
          broken: () => {
            early = []
            checkRecentSoon(this.app)
            this.#broken()
          },
        }),
      ),
    )
    let positions = new FeedPositions(this.#following.map(({ head }) => head))
    // If the store lost its tail meanwhile these heads are wrong, and are read again.
    for (let age = 0; age !== this.#age; ) {
      age = this.#age
      positions = await FeedPositions.now(this.app)
    }
    this.#positions = positions
    opening = false
    for (const { partition, entry } of early) this.#deliver(partition, entry)
  }

  close(): void {
    for (const following of this.#following) following.stop()
  }

  /**
   * The positions of the feed once everything announced so far is delivered.
   * @throws HubError `unavailable` if they cannot be read
   */
  async positions(): Promise<FeedPositions> {
    await this.#chain
    if (!this.#positions) throw new HubError("unavailable")
    return this.#positions.copy()
  }

  /** The partitions in which this feed has not delivered everything up to these positions. */
  behind(positions: FeedPositions): readonly number[] {
    return this.#positions?.behind(positions) ?? []
  }

  /** Delivers entries one after another: for some of them messages have to be read first. */
  #deliver(partition: number, entry: AgentEntry): void {
    const age = this.#age
    this.#chain = this.#chain.then(async () => {
      if (!this.#positions || age !== this.#age) return
      if (takesBack(entry)) return this.#broken()
      try {
        const item = await agentItemOf(this.app, partition, entry, this.#positions)
        if (age !== this.#age) return
        for (const console of this.members) console.deliver(item)
      } catch (error) {
        this.#onError(error)
        this.#broken()
      }
    })
  }

  /**
   * The store lost its tail, with entries that are queued here. Consoles hold events from now on, because new entries may have
   * offsets that they have received already: these are sent after a new full state.
   */
  #broken(): void {
    this.#age += 1
    this.#chain = this.#chain.then(async () => {
      try {
        this.#positions = await FeedPositions.now(this.app)
      } catch (error) {
        // Without positions no state can be read: the consoles are disconnected, and come back.
        this.#positions = undefined
        this.#onError(error)
      }
    })
    for (const console of [...this.members]) console.reset()
  }
}

/** The agents' feeds of a node, one for each app. */
export class ConsoleFeeds extends SharedFeeds<Console, ConsoleFeed> {
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    super()
    this.#onError = onError
  }

  enterApp(app: App, console: Console): Promise<ConsoleFeed> {
    return this.enter(app.id, () => new ConsoleFeed(app, this.#onError), console)
  }
}
