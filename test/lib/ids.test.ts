import { describe, expect, test } from "vitest"
import { newId, partitionOf, randomHex, randomText, randomToken } from "../../src/lib/ids.ts"

describe("ids", () => {
  test.each([0, 1, 35, 36, 63, 1295])("an id tells its partition: %d", (partition) => {
    const id = newId("usr", partition)
    expect(id).toMatch(/^usr_[0-9a-z]{2}[0-9A-Za-z]{20}$/)
    expect(partitionOf(id)).toBe(partition)
  })

  test.each([-1, 1296, 0.5, Number.NaN])("no id can name partition %d", (partition) => {
    expect(() => newId("usr", partition)).toThrow(RangeError)
  })

  test.each([
    "",
    "usr_",
    "usr_00",
    "usr_zz",
    "hello",
    `usr_00${"x".repeat(21)}`,
    `usr_A0${"x".repeat(20)}`,
    "__proto__",
  ])("%j was not made here", (id) => {
    expect(partitionOf(id)).toBeUndefined()
  })

  test("no two are the same", () => {
    const ids = new Set(Array.from({ length: 10_000 }, () => newId("msg", 0)))
    expect(ids.size).toBe(10_000)
  })
})

test("random text has the length asked for, and every character comes up", () => {
  expect(randomText(0)).toBe("")
  expect(new Set(randomText(20_000)).size).toBe(62)
})

test("tokens and names have the size asked for", () => {
  expect(randomToken(32)).toMatch(/^[\w-]{43}$/)
  expect(randomHex(12)).toMatch(/^[0-9a-f]{24}$/)
})
