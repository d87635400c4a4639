import { expect, test } from "vitest"
import { inOrderOf } from "../../../src/web/console/view/held-order.ts"

const rows = (...words: string[]) => words.map((word) => ({ key: word.charAt(0), word }))
const words = (before: string[], now: string[]) =>
  inOrderOf(rows(...before), rows(...now), ({ key }) => key).map(({ word }) => word)

test("rows keep their places, and say what is new", () => {
  expect(words(["a1", "b1", "c1"], ["c2", "a1", "b1"])).toEqual(["a1", "b1", "c2"])
})

test("one that came is not there yet, and one that is gone still is", () => {
  expect(words(["a1", "b1"], ["d1", "b2"])).toEqual(["a1", "b2"])
})
