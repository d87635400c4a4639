/** What frames cost before they are read: nothing that a stranger writes may be free, or cost no number. */
import { expect, test } from "vitest"
import { parsingWork, workOf } from "../../src/edge/socket/work.ts"

test.each(["constructor", "toString", "valueOf", "hasOwnProperty", "__proto__", "nothing", ""])(
  "a command named %j costs what any unknown one costs",
  (name) => expect(workOf(name)).toBe(workOf("message:delete")),
)

test("a text is charged by what it holds, not by its length alone", () => {
  const text = JSON.stringify("x".repeat(60_000))
  const tangled = JSON.stringify(Array.from({ length: 3_400 }, (_, n) => ({ [`a${n}`]: { b: [] } })))
  expect(Math.abs(tangled.length - text.length)).toBeLessThan(10_000)
  expect(parsingWork(tangled)).toBeGreaterThan(5 * parsingWork(text))
  // Everybody may write brackets: a message of nothing else is a fraction of a second's worth.
  expect(parsingWork(JSON.stringify("[".repeat(4_096)))).toBeLessThan(100)
})
