/** What answers cost beyond their bytes: long lists, whole states and merges are no gifts. */
import { expect, test } from "vitest"
import { resultAddressWork, resultWork } from "../../src/edge/socket/result-work.ts"

const BYTES = 6_400
const of = (length: number): object[] => Array.from({ length }, () => ({}))

test.each(["conversations", "tickets", "found", "events"])(
  "8 each of the %s of an answer is paid",
  (list) => {
    const none = resultWork({ [list]: [] }, BYTES)
    const few = resultWork({ [list]: of(10) }, BYTES)
    const many = resultWork({ [list]: of(100) }, BYTES)
    expect(few).toBeGreaterThan(none)
    expect(many - none).toBeCloseTo(10 * (few - none))
  },
)

test("8 a state costs more than as many bytes of another answer", () => {
  expect(resultWork({ state: {} }, BYTES)).toBeGreaterThan(resultWork({ messages: [] }, BYTES))
})

test("8 a merge costs more than a login that finds the same state, and more where there is more", () => {
  const login = (outcome: string, count: number): number =>
    resultWork({ outcome, state: { conversations: of(count) } }, BYTES)
  expect(login("merged", 1)).toBeGreaterThan(login("signed_in", 1) + 100)
  expect(login("merged", 20) - login("signed_in", 20)).toBeGreaterThan(
    login("merged", 1) - login("signed_in", 1),
  )
})

test("8 a result that is no object costs its bytes", () => {
  expect(resultWork(undefined, BYTES)).toBe(0)
  expect(resultWork({ conversations: "many" }, BYTES)).toBe(resultWork({}, BYTES))
})

test("8 what a merge costs besides is paid by the address alone", () => {
  expect(resultAddressWork({ outcome: "merged", state: {} })).toBeGreaterThan(0)
  expect(resultAddressWork({ outcome: "signed_in", state: {} })).toBe(0)
  expect(resultAddressWork(undefined)).toBe(0)
})
