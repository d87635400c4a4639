import { expect, test } from "vitest"
import { SmallSet } from "../../src/lib/small-set.ts"

test("holds each member once, in the order in which they came", () => {
  const [a, b, c] = [{ name: "a" }, { name: "b" }, { name: "c" }]
  const set = new SmallSet<{ name: string }>()
  const names = () => [...set].map(({ name }) => name).join("")
  expect([set.size, names()]).toEqual([0, ""])
  set.add(a)
  set.add(a)
  expect([set.size, names()]).toEqual([1, "a"])
  set.add(b)
  set.add(c)
  expect([set.size, names()]).toEqual([3, "abc"])
  expect([set.delete(a), set.delete(a)]).toEqual([true, false])
  set.add(a)
  expect([set.size, names()]).toEqual([3, "bca"])
  for (const member of [a, b, c]) expect(set.delete(member)).toBe(true)
  expect([set.size, names()]).toEqual([0, ""])
})

test("with one member, it can be taken out and another one put in", () => {
  const [a, b] = [{}, {}]
  const set = new SmallSet<object>()
  set.add(a)
  expect([set.delete(b), set.delete(a), set.size]).toEqual([false, true, 0])
  set.add(b)
  expect([...set]).toEqual([b])
})
