import { expect, test } from "vitest"
import { ListWalk } from "../../../src/web/console/view/list-walk.ts"

/** The list moves as tickets are read: those that are unread first. */
function walkThrough(all: string[], unread: Set<string>) {
  const walk = new ListWalk()
  let opened: string | undefined
  const shown = (): string[] => {
    const first = (key: string): boolean => unread.has(key) || key === opened
    return [...all.filter(first), ...all.filter((key) => !first(key))]
  }
  return (by: 1 | -1): string | undefined => {
    const next = walk.step("any", shown(), opened, by)
    if (next !== undefined) {
      opened = next
      unread.delete(next)
    }
    return opened
  }
}

test("nobody is met twice on the way down, and the way back is the way that was come", () => {
  const step = walkThrough(["a", "b", "c", "d"], new Set(["a", "b"]))
  expect([step(1), step(1), step(1), step(1)]).toEqual(["a", "b", "c", "d"])
  expect([step(-1), step(-1), step(-1)]).toEqual(["c", "b", "a"])
})

test("who comes in meanwhile stands above, and who is gone is passed over", () => {
  const walk = new ListWalk()
  expect(walk.step("any", ["a", "b", "c"], undefined, 1)).toBe("a")
  expect(walk.step("any", ["new", "a", "c"], "a", 1)).toBe("c")
  expect(walk.step("any", ["new", "c", "a"], "c", -1)).toBe("a")
  expect(walk.step("any", ["new", "a", "c"], "a", -1)).toBe("new")
})

test("another list, or a ticket that was opened otherwise, begins another way", () => {
  const walk = new ListWalk()
  expect(walk.step("any", ["a", "b", "c"], undefined, 1)).toBe("a")
  expect(walk.step("mine", ["c", "a", "b"], "a", 1)).toBe("b")
  expect(walk.step("mine", ["c", "b", "a"], "c", 1)).toBe("b")
})
