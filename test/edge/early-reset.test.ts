/**
 * [P2] [S10] The store loses its tail while a device is on its way in: its state was read before, and it waits for the end of
 * its merge. The full state that the loss brings comes after the one it was waiting for, and not before.
 */
import { setImmediate as turn } from "node:timers/promises"
import { expect, onTestFinished, test } from "vitest"
import { PARTITIONS, temporaryStore } from "../app/stage.ts"
import { guestElsewhere } from "./guest-elsewhere.ts"
import { holdingForward } from "./held-forward.ts"
import { AppOnNodes, startNode } from "./in-process-nodes.ts"
import { lateStore } from "./late-store.ts"

test.each(["handshake", "login"])("[P2] a merging %s, and a loss before its end", async (way) => {
  const { store, close } = await temporaryStore()
  const held = holdingForward(store)
  const late = lateStore({ ...held.store, close: async () => undefined })
  const app = await AppOnNodes.on(await startNode(late.store, undefined, PARTITIONS))
  onTestFinished(async () => {
    held.release()
    await app.close()
    await close()
  })
  const { externalId, phone, guest } = await guestElsewhere(app, held)
  const jwt = app.token(externalId)
  const web = way === "login" ? guest : app.closed(0, { jwt, sessionToken: guest.sessionToken })
  const before = web.frames.length
  const entering = way === "login" ? web.login(jwt) : web.open()
  await held.forwards
  await phone.shows("from the guest")
  // Until its state was read, and it waits.
  for (let n = 0; n < 50; n += 1) await turn()
  late.lose()
  await phone.send("after the loss")
  held.release()
  await entering
  await phone.send("at last")
  await web.shows("at last")
  const readies = web.frames.slice(before).filter(({ name }) => name === "ready")
  expect(readies.map(({ body }) => (body as { reason: string }).reason)).toEqual(
    way === "login" ? ["reset"] : ["connect", "reset"],
  )
  await web.shows("after the loss")
  expect([...web.breaches, ...web.view.breaches]).toEqual([])
})
