import type { Clock } from "../../src/lib/clock.ts"

/** A clock that a test moves. */
export class TestClock implements Clock {
  #now = 0
  #timers: { readonly due: number; readonly run: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.#now + ms, run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer)
    }
  }

  pass(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const next = this.#timers.filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0]
      if (!next) break
      this.#timers = this.#timers.filter((each) => each !== next)
      this.#now = next.due
      next.run()
    }
    this.#now = until
  }
}
