/** Storages as hosts hand them over: the chat goes on with each of them, and what keeps nothing is said. */
import { describe, expect, it } from "vitest"
import type { Storage } from "../../src/client/client.ts"
import { newClient, openStage } from "./scripted-hub.ts"

const broken = (): never => {
  throw new Error("no room")
}
/** The boundary: what a host without types may give. */
const untyped = (value: unknown): Storage => ({ get: () => value as string, set() {}, remove() {} })

/** Waiting for a lock that such a storage never gives takes seven seconds. */
const AT_ONCE_MS = 5_000

describe("a storage", () => {
  it.each<[string, Storage]>([
    ["that keeps nothing", untyped(null)],
    ["that has something else than what was stored", untyped("{{{not ours")],
    ["that gives no texts", untyped(42)],
    ["that throws", { get: broken, set: broken, remove: broken }],
    ["that rejects", { get: async () => broken(), set: async () => broken(), remove: async () => broken() }],
  ])(
    "%s: it is chatted without it, at once",
    async (_, storage) => {
      const stage = await openStage()
      const client = newClient(stage.url, { storage })
      await client.connect()
      await client.send({ text: "hello" })
      expect(client.status).toEqual({ state: "live" })
    },
    AT_ONCE_MS,
  )

  it("that throws from the first moment on is said to listeners that are added after the client is made", async () => {
    const stage = await openStage()
    const client = newClient(stage.url, { storage: { get: broken, set: broken, remove: broken } })
    const errors: string[] = []
    client.on("error", ({ code }) => errors.push(code))
    await client.connect()
    expect(errors).toEqual(["storage_unavailable"])
  })
})
