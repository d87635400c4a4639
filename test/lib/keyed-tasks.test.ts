/** Work in the background, by key. */
import { expect, test } from "vitest"
import { KeyedTasks } from "../../src/lib/keyed-tasks.ts"

test("asked for while it runs, a task runs once more, however often it was asked; keys do not wait for one another", async () => {
  const tasks = new KeyedTasks()
  const ran: string[] = []
  const task = (key: string) => async () => {
    ran.push(key)
    await new Promise(setImmediate)
  }
  for (const _ of [1, 2, 3]) tasks.run("a", task("a"))
  tasks.run("b", task("b"))
  await new Promise(setImmediate)
  for (const _ of [1, 2, 3]) tasks.run("a", task("a"))
  await tasks.idle()
  expect(ran.filter((key) => key === "a").length).toBeLessThanOrEqual(3)
  expect(ran.filter((key) => key === "a").length).toBeGreaterThanOrEqual(2)
  expect(ran.filter((key) => key === "b")).toEqual(["b"])
  tasks.run("a", task("again"))
  await tasks.idle()
  expect(ran.at(-1)).toBe("again")
})
