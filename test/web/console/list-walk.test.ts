import { expect, test } from "vitest"
import { ListWalk } from "../../../src/web/console/view/list-walk.ts"

/** A walk through a list that has all its tickets. */
function walkOf() {
  const walk = new ListWalk()
  return {
    step: (filter: string, shown: string[], opened: string | undefined, by: 1 | -1) =>
      walk.step(filter, shown, opened, by, (key) => shown.includes(key)),
  }
}

/** The list moves as tickets are read: those that are unread first. */
function walkThrough(all: string[], unread: Set<string>) {
  const walk = new ListWalk()
  let opened: string | undefined
  const shown = (): string[] => {
    const first = (key: string): boolean => unread.has(key) || key === opened
    return [...all.filter(first), ...all.filter((key) => !first(key))]
  }
  return (by: 1 | -1): string | undefined => {
    const next = walk.step("any", shown(), opened, by, () => true)
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

test("the way back meets what was read, though the list has not come as far", () => {
  const walk = new ListWalk()
  const step = (shown: string[], opened: string | undefined, by: 1 | -1) =>
    walk.step("any", shown, opened, by, () => true)
  expect(step(["a", "b"], undefined, 1)).toBe("a")
  expect(step(["a", "b"], "a", 1)).toBe("b")
  // It was unread and old: read, it is below what was fetched.
  expect(step(["b"], "b", -1)).toBe("a")
  expect(step(["b"], "a", 1)).toBe("b")
})

test("who comes in meanwhile stands above, and who is gone is passed over", () => {
  const walk = walkOf()
  expect(walk.step("any", ["a", "b", "c"], undefined, 1)).toBe("a")
  expect(walk.step("any", ["new", "a", "c"], "a", 1)).toBe("c")
  expect(walk.step("any", ["new", "c", "a"], "c", -1)).toBe("a")
  expect(walk.step("any", ["new", "a", "c"], "a", -1)).toBe("new")
})

test("another list, or a ticket that was opened otherwise, begins another way", () => {
  const walk = walkOf()
  expect(walk.step("any", ["a", "b", "c"], undefined, 1)).toBe("a")
  expect(walk.step("mine", ["c", "a", "b"], "a", 1)).toBe("b")
  expect(walk.step("mine", ["c", "b", "a"], "c", 1)).toBe("b")
})
