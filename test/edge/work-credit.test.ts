/** What may be taken, and for how long: in time that the test makes, so that nothing of it depends on the machine. */
import { describe, expect, test } from "vitest"
import { AddressQuota, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import { WORK, type WorkRate, workRate } from "../../src/edge/socket/work.ts"
import { WorkCredit } from "../../src/edge/socket/work-credit.ts"

const RATE = workRate(1)
/** A unit of work is 25 microseconds of a core. */
const TENTH_OF_A_CORE = 0.1 / 25e-6
const STEP_MS = 10

/** The longest time for which a client takes so much a second, from a credit that nobody used for an hour. */
function lasts(rate: WorkRate, perSecond: number): number {
  const credit = new WorkCredit(rate, 0)
  let now = 3_600_000
  const since = now
  for (; credit.wait(now) === 0; now += STEP_MS) credit.charge((perSecond * STEP_MS) / 1_000, now)
  return now - since
}

test.each([1.05, 1.2, 1.5, 2, 3, 5])(
  "nobody takes %d times a tenth of a core for much longer than two seconds, however much they saved up",
  (times) => expect(lasts(RATE, times * TENTH_OF_A_CORE)).toBeLessThan(2_600),
)

test("what was saved up is there for a burst, all of it", () => {
  const credit = new WorkCredit(RATE, 0)
  credit.charge(RATE.saved, 0)
  expect(credit.balance(0)).toBe(0)
  expect(credit.wait(0)).toBe(0)
  credit.charge(RATE.perSecond, 0)
  expect(credit.wait(0)).toBe(1_000)
})

test("after a burst a client goes on at what they earn, and saves up again once they are quiet", () => {
  const credit = new WorkCredit(RATE, 0)
  credit.charge(RATE.saved / 2, 0)
  expect(credit.balance(2_000)).toBeLessThan(RATE.saved / 2)
  for (let now = 2_000; now < 10_000; now += STEP_MS) {
    credit.charge((RATE.perSecond * STEP_MS) / 1_000, now)
    expect(credit.wait(now)).toBe(0)
  }
  expect(credit.full(10_000)).toBe(false)
  expect(credit.full(20_000)).toBe(true)
})

test("work that is given back is there again", () => {
  const credit = new WorkCredit(RATE, 0)
  credit.charge(RATE.saved, 0)
  credit.charge(-RATE.saved, 0)
  expect(credit.full(0)).toBe(true)
})

describe("an address", () => {
  const quota = () => new AddressQuota("203.0.113.7", true, DEFAULT_ADDRESS_LIMITS)

  test("that has spent its credit lets its clients in one by one, no faster than it earns", () => {
    const address = quota()
    expect(address.admissionWaitMs(0)).toBe(0)
    address.charge(1e6, 0)
    const waits = Array.from({ length: 100 }, () => address.admissionWaitMs(0))
    expect(waits[0]).toBeGreaterThan(900)
    const apart = waits.slice(1).map((wait, n) => wait - (waits[n] ?? 0))
    for (const gap of apart) expect(gap).toBeGreaterThan((WORK.connect / 2_500) * 1_000)
    expect(() => Array.from({ length: 200 }, () => address.admissionWaitMs(0))).toThrow(/address/)
    expect(address.admissionWaitMs(60_000)).toBe(0)
  })

  test("that goes on sending without credit is not read until it has paid", () => {
    const address = quota()
    expect(address.bars(0)).toBe(false)
    address.charge(1e6, 0)
    expect(address.bars(0)).toBe(true)
    expect(address.bars(150)).toBe(true)
    expect(address.bars(1_000)).toBe(false)
  })

  test("whose people come back slowly, over four seconds, lets all of them in", () => {
    const office = quota()
    for (let person = 0; person < 400; person += 1) office.handshake(person * 10)
    expect(() => Array.from({ length: 600 }, () => office.handshake(4_000))).toThrow(/handshakes/)
  })

  test("whose clients are not counted together never lets them wait", () => {
    const shared = new AddressQuota("10.0.0.7", false, DEFAULT_ADDRESS_LIMITS)
    shared.charge(1e6, 0)
    expect([shared.admissionWaitMs(0), shared.bars(0), shared.wait(0)]).toEqual([0, false, 0])
  })
})
