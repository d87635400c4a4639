/** [P3] What a device is answered of a login that merges, it is answered when the merge is over: on every node it is done. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { partitionOf } from "../../src/lib/ids.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { holding } from "../app/dying.ts"
import { AppOnNodes, startNode } from "./in-process-nodes.ts"

/** Each is an answer over a real socket: longer than reading the state takes, which waits for no commit. */
const ROUND_TRIPS = 20
const PARTITIONS = 4

test("[P3] a login that merges is answered when the visitor is forwarded, and not before", async () => {
  const dir = await mkdtemp(join(tmpdir(), "trib-login-"))
  const { store, reached, release } = holding(await openLmdb({ dir }), "forward")
  const app = await AppOnNodes.on(await startNode(store, undefined, PARTITIONS))
  onTestFinished(async () => {
    release()
    await app.close()
    await rm(dir, { recursive: true, force: true })
  })
  const phone = await app.member("ann", 0)
  await phone.send("from the phone")
  // A visitor's id is made in any partition: in the person's own there is nothing to forward.
  const home = (device: typeof phone) => partitionOf(device.view.user?.id ?? "")
  let guest = await app.visitor(0)
  while (home(guest) === home(phone)) guest = await app.visitor(0)
  await guest.send("from the visitor")
  let answered = false
  const login = guest.login(app.token("ann")).finally(() => {
    answered = true
  })
  await reached
  // The survivor's device has everything by then.
  await phone.shows("from the visitor")
  for (let n = 0; n < ROUND_TRIPS; n += 1) await phone.roundTrip()
  expect(answered).toBe(false)
  release()
  expect((await login).outcome).toBe("merged")
})
