/** The lock in the storage, for pages whose browser has none. */
import { expect, it } from "vitest"
import { clientStorage, memoryStorage } from "../../src/client/client-storage.ts"
import { deviceClock } from "../../src/client/device-clock.ts"
import { acquireInStorage } from "../../src/client/tab-locks.ts"

it("is free where its lease has longer to run than any lease has: the clock was set back since", async () => {
  const storage = clientStorage(memoryStorage(), deviceClock, () => undefined)
  const acquired = () => acquireInStorage(storage, "lock", 1_000, deviceClock)
  storage.set("lock", `gone ${Date.now() + 3 * 3_600_000}`)
  const release = await acquired()
  expect(release).toBeDefined()
  expect(await acquired()).toBeUndefined()
  release?.()
  expect(await acquired()).toBeDefined()
})
