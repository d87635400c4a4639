/** docs/protocol.md 4.4: the end of a token, where the machine slept or the clock was set. */
import { expect, test } from "vitest"
import { watchExpiry } from "../../src/edge/auth/expiry.ts"
import type { Clock } from "../../src/lib/clock.ts"

/** Timers run on a time of their own, which stands still while the machine sleeps; the wall clock does not. */
class Wall implements Clock {
  wall = 1_000_000
  #running = 0
  #timers: { readonly due: number; readonly run: () => void }[] = []

  now(): number {
    return this.wall
  }

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.#running + ms, run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer)
    }
  }

  pass(ms: number): void {
    const until = this.#running + ms
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.due - b.due)
      if (!next || next.due > until) break
      this.wall += next.due - this.#running
      this.#running = next.due
      this.#timers = this.#timers.filter((one) => one !== next)
      next.run()
    }
    this.wall += until - this.#running
    this.#running = until
  }
}

function watching(clock: Wall, life: number): string[] {
  const received: string[] = []
  watchExpiry(clock, clock.now() + life, {
    soon: () => received.push(`soon ${clock.now()}`),
    over: () => received.push(`over ${clock.now()}`),
  })
  return received
}

test("a warning a minute before, or at half of a shorter life, and the end when the token says", () => {
  const clock = new Wall()
  const begin = clock.now()
  const [long, short] = [watching(clock, 3_600_000), watching(clock, 10_000)]
  clock.pass(4_000_000)
  expect(long).toEqual([`soon ${begin + 3_540_000}`, `over ${begin + 3_600_000}`])
  expect(short).toEqual([`soon ${begin + 5_000}`, `over ${begin + 10_000}`])
})

test("after a sleep the end is noticed within seconds", () => {
  const clock = new Wall()
  const received = watching(clock, 3_600_000)
  clock.pass(60_000)
  clock.wall += 7_200_000
  clock.pass(15_000)
  expect(received.map((word) => word.split(" ")[0])).toEqual(["soon", "over"])
})

test("a clock that is set back gives the time back", () => {
  const clock = new Wall()
  const received = watching(clock, 100_000)
  clock.pass(10_000)
  clock.wall -= 50_000
  clock.pass(139_999)
  expect(received).toHaveLength(1)
  clock.pass(1)
  expect(received).toHaveLength(2)
})
