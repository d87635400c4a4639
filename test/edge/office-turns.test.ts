/**
 * An office behind one address that owes: everybody is refused, waits as long as they were told, and asks again. By a clock
 * of its own.
 */
import { expect, test } from "vitest"
import { AddressQuota, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import { type Frame, FrameWriter } from "../../src/edge/socket/frame-writer.ts"
import { WORK } from "../../src/edge/socket/work.ts"
import { bareConnection } from "./bare-connection.ts"

const PEOPLE = 200
/** A first message, once it is let through. */
const GREETING = WORK.newcomer + WORK.stored
const WHOLE_CREDIT = 40_000

test("8 people behind an address that owes are each told another turn, and all are served in half a minute", () => {
  const begin = 1_000_000
  const address = new AddressQuota("198.51.100.9", true, DEFAULT_ADDRESS_LIMITS)
  address.charge(2 * WHOLE_CREDIT, begin)
  const waiting = Array.from({ length: PEOPLE }, () => ({ at: begin, tries: 0 }))
  const served: typeof waiting = []
  for (let next = waiting.shift(); next; next = waiting.sort((a, b) => a.at - b.at).shift()) {
    next.tries += 1
    if (address.wait(next.at) === 0) {
      address.charge(GREETING, next.at)
      served.push(next)
      continue
    }
    address.charge(WORK.refusedWaiting, next.at)
    next.at += address.retryAfter(next.at)
    if (next.at < begin + 60_000) waiting.push(next)
  }
  expect(served).toHaveLength(PEOPLE)
  expect(Math.max(...served.map(({ at }) => at)) - begin).toBeLessThan(30_000)
  expect(Math.max(...served.map(({ tries }) => tries))).toBeLessThan(10)
})

/** Keeps what there is nobody to send to. */
class Kept extends FrameWriter {
  readonly texts: string[] = []

  override write(_: unknown, { bytes }: Frame): boolean {
    this.texts.push(bytes.toString())
    return false
  }
}

test("8 a refused command is answered with its caller's turn", () => {
  const now = 1_000_000
  const address = new AddressQuota("198.51.100.9", true, DEFAULT_ADDRESS_LIMITS)
  const writer = new Kept()
  const people = Array.from(
    { length: 10 },
    () => bareConnection(address, () => now, undefined, writer).connection,
  )
  for (const person of people) {
    person.admits('0/messaging,{"v":1}')
    person.listen("/messaging", () => undefined)
  }
  address.charge(WHOLE_CREDIT, now)
  for (const person of people) person.admits('2/messaging,7["message:send",{}]')
  const waits = writer.texts.map((text) => Number(/"retryAfterMs":(\d+)/.exec(text)?.[1]))
  expect(waits).toHaveLength(people.length)
  // Far enough apart for a first message each; their refusals alone make a tenth of that.
  const between = waits.slice(1).map((wait, n) => wait - (waits[n] ?? 0))
  expect(Math.min(...between)).toBeGreaterThanOrEqual(GREETING / 2)
})
