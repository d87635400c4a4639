/**
 * Shares the counts of rate limits between nodes: twice a second each node tells the others what users and apps have used,
 * and they count it as if it had been used there. So after half a second a limit holds over all nodes together, and no
 * command waits for another node. Small counts are not told. A message may be lost; then a limit holds for each node alone.
 */
import { z } from "zod"
import type { Clock } from "../../lib/clock.ts"

const TELL_EVERY_MS = 500
/** A smaller count is kept until it has grown to this, or dropped after `KEPT_TURNS`: such a user is far from any limit. */
const LEAST_TOLD = 3
const KEPT_TURNS = 10
/** Counts in one message, of the busiest: some tens of kilobytes. */
const MAX_TOLD = 500

/** One count: the limit's name, the user or app it is counted for, and how much was used. */
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
