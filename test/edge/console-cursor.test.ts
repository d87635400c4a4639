/**
 * [P2] A console that comes back is told what the store has, which may be more than its node has heard of. What it is told
 * next names all that it has got, so it gets nothing twice when it comes back again.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { externalIdOn } from "../app/stage.ts"
import { AppOnNodes, startNode } from "./in-process-nodes.ts"
import { lateStore } from "./late-store.ts"

const PARTITIONS = 2

async function scene() {
  const dir = await mkdtemp(join(tmpdir(), "trib-cursor-"))
  const late = lateStore(await openLmdb({ dir }))
  const app = await AppOnNodes.on(await startNode(late.store, undefined, PARTITIONS))
  onTestFinished(async () => {
    late.flush()
    await app.close()
    await rm(dir, { recursive: true, force: true })
  })
  const ann = await app.member(externalIdOn(0, "ann", PARTITIONS), 0)
  const bob = await app.member(externalIdOn(1, "bob", PARTITIONS), 0)
  const before = await app.console("ada", 0)
  await app.console("eve", 0)
  await ann.send("of ann")
  await bob.send("of bob")
  await before.hears("of ann")
  await before.hears("of bob")
  await before.settle()
  before.socket.disconnect()
  return { late, app, ann, bob, cursor: before.view.cursor }
}

const textsOf = (events: readonly unknown[]) =>
  events.flatMap((event) => /"text":"([^"]*)"/.exec(JSON.stringify(event))?.[1] ?? [])

test("[P2] the cursor of an event after a resume covers what the resume told before its announcement came", async () => {
  const { late, app, ann, bob, cursor } = await scene()
  late.hold((partition, log) => partition.endsWith(":1") && log === "agents")
  await bob.send("while away")
  const back = await app.console("ada", 0, cursor)
  expect(textsOf(back.events)).toContain("while away")
  await ann.send("meanwhile")
  await back.hears("meanwhile")
  back.socket.disconnect()
  const again = await app.console("ada", 0, back.view.cursor)
  expect(again.state?.resumed).toBe(true)
  expect(textsOf(again.events)).toEqual([])
  late.flush()
  await bob.send("at last")
  await again.hears("at last")
  await again.settle()
  expect(textsOf(again.events).filter((text) => text === "while away")).toEqual([])
  again.socket.disconnect()
  const last = await app.console("ada", 0, again.view.cursor)
  expect([last.state?.resumed, textsOf(last.events)]).toEqual([true, []])
})
