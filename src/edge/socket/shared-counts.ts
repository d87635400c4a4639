/**
 * What users and apps have spent of their limits is told to the other nodes twice a second, and counts there as if it had
 * been spent there: a limit that holds on one node holds over all of them, after the first moments, and no command waits
 * for another node. Little is not worth telling. What is told may be lost: then the limit is that of each node.
 */
import { z } from "zod"
import type { Clock } from "../../lib/clock.ts"

const TELL_EVERY_MS = 500
/** Less is told when it has become so much, or never: who spends it in so many turns is far from any limit. */
const LEAST_TOLD = 3
const KEPT_TURNS = 10
/** Of the busiest, in one message: some tens of kilobytes. */
const MAX_TOLD = 500

/** What is limited together: by the limit's own name, and who or what it is counted for. */
const spent = z.tuple([z.string().max(32), z.string().max(256), z.number().positive().max(1e9)])
const news = z.object({ node: z.string().max(64), spent: z.array(spent).max(MAX_TOLD) })
export type SpentNews = z.infer<typeof news>

export interface SharedCountsParts {
  readonly clock: Clock
  /** Names this run of the node. */
  readonly node: string
  /** Carries a message to every other node; it may be lost. */
  readonly send: (message: SpentNews) => void
  /** Another node has spent this. */
  readonly onSpent: (limit: string, name: string, weight: number) => void
}

export class SharedCounts {
  readonly #parts: SharedCountsParts
  readonly #limits = new Map<string, Map<string, number>>()
  #waiting = false
  #turn = 0

  constructor(parts: SharedCountsParts) {
    this.#parts = parts
  }

  spent(limit: string, name: string, weight: number): void {
    let names = this.#limits.get(limit)
    if (!names) {
      names = new Map()
      this.#limits.set(limit, names)
    }
    names.set(name, (names.get(name) ?? 0) + weight)
    if (this.#waiting) return
    this.#waiting = true
    this.#parts.clock.after(TELL_EVERY_MS, () => this.#tell())
  }

  /** @param input what another node's `send` was given */
  receive(input: unknown): void {
    const { success, data } = news.safeParse(input)
    if (!success || data.node === this.#parts.node) return
    for (const [limit, name, weight] of data.spent) this.#parts.onSpent(limit, name, weight)
  }

  #tell(): void {
    this.#waiting = false
    this.#turn += 1
    const all: SpentNews["spent"] = []
    for (const [limit, names] of this.#limits) {
      for (const [name, weight] of names) {
        if (weight < LEAST_TOLD) continue
        all.push([limit, name, weight])
        names.delete(name)
      }
      if (this.#turn % KEPT_TURNS === 0) names.clear()
    }
    if (all.length === 0) return
    const busiest = all.length > MAX_TOLD ? all.sort((a, b) => b[2] - a[2]).slice(0, MAX_TOLD) : all
    this.#parts.send({ node: this.#parts.node, spent: busiest })
  }
}
