/** An agent's console: it follows the feed of every partition, goes away, comes back with its cursor, and keeps all it was told. */
import { agentItemOf, agentItemsAfter } from "../../src/app/agents/agent-feed.ts"
import type { FeedPositions } from "../../src/app/agents/feed-positions.ts"
import type { App } from "../../src/app/app.ts"
import type { AgentEvent } from "../../src/protocol/agent.ts"
import type { AgentEntry } from "../../src/repository/log-entries.ts"
import { turns } from "../app/chance.ts"
import { beginning, Desk } from "../app/desk.ts"

interface Arrival {
  readonly partition: number
  readonly entry: AgentEntry
}

export class Console {
  readonly received: AgentEvent[] = []
  readonly desk = new Desk()
  readonly #app: App
  readonly #positions: FeedPositions
  #stop: () => void = () => undefined
  #held: Arrival[] | undefined
  #queue: Promise<void> = Promise.resolve()

  private constructor(app: App) {
    this.#app = app
    this.#positions = beginning(app)
  }

  static async open(app: App): Promise<Console> {
    const console = new Console(app)
    await console.#follow()
    return console
  }

  /** [P2] Follow, read, release: nothing is missed at the seam and nothing is told twice. */
  async comeBack(): Promise<void> {
    this.#held = []
    await this.#follow()
    await this.#queue
    const missed = await agentItemsAfter(this.#app, this.#positions.whole())
    if (missed) {
      for (const event of missed.events) this.#hear(event)
      missed.positions.heads.forEach((head, partition) => {
        this.#positions.pass(partition, head)
      })
    } else await this.#readOn()
    const held = this.#held ?? []
    this.#held = undefined
    for (const arrival of held) this.#pass(arrival)
    await this.#queue
  }

  leave(): void {
    this.#stop()
  }

  /** Nothing more happens: what was stored arrives. */
  async atTheEnd(): Promise<void> {
    for (const partition of this.#app.partitions) {
      const head = await partition.agentsHead()
      while (this.#positions.at(partition.index).n < (head?.n ?? 0)) {
        await turns(1)
        await this.#queue
      }
    }
    this.#stop()
  }

  async #follow(): Promise<void> {
    const followings = await Promise.all(
      this.#app.partitions.map((partition) =>
        partition.followAgents({
          entry: (entry) => {
            const arrival = { partition: partition.index, entry }
            if (this.#held) this.#held.push(arrival)
            else this.#pass(arrival)
          },
          broken: () => {
            throw new Error("[P2] The feed broke.")
          },
        }),
      ),
    )
    this.#stop = () => {
      for (const following of followings) following.stop()
    }
  }

  /** What was missed fits into no frame: a real console starts over, this one pages through it. */
  async #readOn(): Promise<void> {
    for (const { index } of this.#app.partitions) {
      const entries = await this.#app
        .partition(index)
        .agents({ after: this.#positions.at(index), limit: 10_000 })
      for (const entry of entries) this.#pass({ partition: index, entry })
    }
    await this.#queue
  }

  #pass({ partition, entry }: Arrival): void {
    this.#queue = this.#queue.then(async () => {
      if (entry.n <= this.#positions.at(partition).n) return
      this.#hear((await agentItemOf(this.#app, partition, entry, this.#positions)).event)
    })
  }

  #hear(event: AgentEvent): void {
    this.received.push(event)
    this.desk.apply(event)
  }
}
