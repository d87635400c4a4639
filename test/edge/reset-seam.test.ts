/**
 * [P2] [S10] A store that lost its tail goes on: what it takes up between the loss and the full state is in that state, and
 * the node that hears of it later does not tell it again.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { AppOnNodes, startNode } from "./in-process-nodes.ts"
import { lateStore } from "./late-store.ts"

test("[P2] what the state after a loss holds is not told again", async () => {
  const dir = await mkdtemp(join(tmpdir(), "trib-reset-"))
  const late = lateStore(await openLmdb({ dir }))
  const app = await AppOnNodes.on(await startNode(late.store))
  onTestFinished(async () => {
    late.flush()
    await app.close()
    await rm(dir, { recursive: true, force: true })
  })
  const phone = await app.member("ann", 0)
  await phone.send("before")
  await phone.shows("before")
  late.hold((_, log) => log.startsWith("f:"))
  const before = phone.frames.length
  const content = { type: "text", text: "after the loss" }
  await phone.raw("message:send", { localId: "after", content })
  late.lose()
  await phone.until("a full state", () => phone.frames.slice(before).some(({ name }) => name === "ready"))
  late.flush()
  await phone.send("at last")
  await phone.shows("at last")
  const events = phone.frames.slice(before).filter(({ name }) => name === "event")
  expect(JSON.stringify(events)).not.toContain("after the loss")
  expect([...phone.breaches, ...phone.view.breaches]).toEqual([])
})
