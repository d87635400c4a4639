/** [P3] [4.2] A login that merges over two partitions is answered when the visitor is forwarded, and not before. */
import { setImmediate as turn } from "node:timers/promises"
import { expect, onTestFinished, test } from "vitest"
import { PARTITIONS, temporaryStore } from "../app/stage.ts"
import { guestElsewhere } from "./guest-elsewhere.ts"
import { holdingForward } from "./held-forward.ts"
import { AppOnNodes, startNode } from "./in-process-nodes.ts"

test("the answer to a merging login waits for the forward", async () => {
  const { store, close } = await temporaryStore()
  const held = holdingForward(store)
  const app = await AppOnNodes.on(
    await startNode({ ...held.store, close: async () => undefined }, undefined, PARTITIONS),
  )
  onTestFinished(async () => {
    held.release()
    await app.close()
    await close()
  })
  const { externalId, phone, guest } = await guestElsewhere(app, held)
  let answered = false
  const login = guest.login(app.token(externalId)).then((result) => {
    answered = true
    return result
  })
  await held.forwards
  // The import is stored: the phone has it, and still the login is not answered.
  await phone.shows("from the guest")
  for (let n = 0; n < 20; n += 1) await turn()
  expect(answered).toBe(false)
  held.release()
  expect((await login).outcome).toBe("merged")
})
