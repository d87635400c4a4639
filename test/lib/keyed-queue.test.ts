import { expect, test } from "vitest"
import { KeyedQueue } from "../../src/lib/keyed-queue.ts"

test("under one key one after another, each told whether it waited", async () => {
  const queue = new KeyedQueue()
  const said: string[] = []
  const task = (name: string) => async (waited: boolean) => {
    said.push(`${name} begins${waited ? ", waited" : ""}`)
    await Promise.resolve()
    said.push(`${name} ends`)
    return name
  }
  expect(await Promise.all([queue.run("key", task("one")), queue.run("key", task("two"))])).toEqual([
    "one",
    "two",
  ])
  expect(said).toEqual(["one begins", "one ends", "two begins, waited", "two ends"])
  // What waits for the queue itself is over in another turn.
  await new Promise((resolve) => setImmediate(resolve))
  await queue.run("key", task("three"))
  expect(said[4]).toBe("three begins")
})

test("under different keys side by side", async () => {
  const queue = new KeyedQueue()
  let release = (): void => undefined
  const blocked = queue.run("one", () => new Promise<void>((resolve) => (release = resolve)))
  await queue.run("two", async () => release())
  await blocked
})

test("a failure is its caller's, and the next one runs", async () => {
  const queue = new KeyedQueue()
  const failing = queue.run("key", () => Promise.reject(new Error("failed")))
  const next = queue.run("key", async () => "next")
  await expect(failing).rejects.toThrow("failed")
  expect(await next).toBe("next")
})
