/** The process of the attackers, as the one that watches sees it. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import type { Attack, Said } from "./attacker.ts"
import type { Assignment, Deeds } from "./mob.ts"

const ARMING_MS = 120_000
const ENDING_MS = 60_000

export class Attackers {
  readonly #child: ChildProcess

  constructor(program: string) {
    this.#child = fork(program)
  }

  async arm(assignment: Assignment): Promise<void> {
    this.#child.send(assignment)
    const words = await this.#hear(ARMING_MS)
    if (words.said === "failed") throw new Error(words.why)
  }

  /** @param url whom: the hub at which they were armed, or another server */
  async attack(milliseconds: number, url: string): Promise<Deeds> {
    const order: Attack = { attack: url }
    this.#child.send(order)
    const words = await this.#hear(milliseconds + ENDING_MS)
    if (words.said === "done") return words.deeds
    throw new Error(words.said === "failed" ? words.why : "the attackers do not know what to do")
  }

  async leave(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, "exit")
    // It may be about to end by itself, and hears nothing any more.
    if (this.#child.connected) this.#child.send("leave", () => undefined)
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5_000)
    await gone
    clearTimeout(timer)
  }

  async #hear(within: number): Promise<Said> {
    const [words] = await Promise.race([
      once(this.#child, "message", { signal: AbortSignal.timeout(within) }),
      once(this.#child, "exit").then(([code]) => {
        throw new Error(`the attackers' process ended with ${code}`)
      }),
    ])
    return words as Said
  }
}
