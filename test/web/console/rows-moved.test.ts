import { expect, test } from "vitest"
import { rowsMoved } from "../../../src/web/console/view/rows-moved.ts"

const LIST = Array.from({ length: 20 }, (_, n) => `t${n}`)
const SEEN = { first: 8, count: 6 }

test("what comes in above, or goes there, moves what is seen by as much", () => {
  expect(rowsMoved(LIST, ["new1", "new2", ...LIST], SEEN)).toBe(2)
  expect(rowsMoved(LIST, LIST.slice(3), SEEN)).toBe(-3)
  expect(rowsMoved(LIST, [...LIST, "new"], SEEN)).toBe(0)
})

test("one of those seen that goes to the top is not followed", () => {
  const [first = "", ...others] = ["t8", ...LIST.filter((key) => key !== "t8")]
  expect(rowsMoved(LIST, [first, ...others], SEEN)).toBe(0)
  expect(rowsMoved(LIST, ["t13", ...LIST.filter((key) => key !== "t13")], SEEN)).toBe(1)
})

test("another list moves nothing", () => {
  expect(rowsMoved(LIST, ["a", "b"], SEEN)).toBe(0)
  expect(rowsMoved([], LIST, SEEN)).toBe(0)
})
