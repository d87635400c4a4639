/** Ids are kept by twelve bytes: no two that a client may make in a day may have the same ones. */
import { randomUUID } from "node:crypto"
import { expect, test } from "vitest"
import { onceField, onceKeys, spreadOf } from "../../src/store/redis/key-names.ts"

const COUNT = 100_000
const field = (key: string): string => onceField({ scope: "usr_1", key }).toString("latin1")
const lane = (text: string, at: number): string => text.slice(at, at + 4)

test.each([
  ["numbers", (n: number) => `9:d:browser${n}`],
  ["numbers before the same end", (n: number) => `9:d:${n}:message`],
  ["numbers of another base", (n: number) => `9:d:x${n.toString(36)}y`],
  ["random names", () => `24:d:dev_${randomUUID()}`],
  [
    "two letters that change places",
    (n: number) => String.fromCharCode(97 + (n % 331), 97 + Math.floor(n / 331)),
  ],
])("[S4] %s are told apart", (_, name) => {
  const fields = Array.from({ length: COUNT }, (_, n) => field(name(n)))
  expect(new Set(fields).size).toBe(COUNT)
  // Each third alone, too, hardly repeats more than chance would: about one pair in so many names.
  for (const at of [0, 4, 8])
    expect(new Set(fields.map((one) => lane(one, at))).size).toBeGreaterThan(COUNT - 20)
})

test("[S4] a scope's ids are kept in several hashes, each about as many, so that a new one is found to be new soon", () => {
  const scopes = Array.from({ length: 4_000 }, (_, n) =>
    onceKeys("p:0", "usr_1", spreadOf(onceField({ scope: "usr_1", key: `9:d:browser${n}` }))).join(),
  )
  const sizes = [...new Set(scopes)].map((one) => scopes.filter((other) => other === one).length)
  expect(sizes.length).toBeGreaterThanOrEqual(8)
  expect(Math.max(...sizes)).toBeLessThan(4_000 / 6)
})
