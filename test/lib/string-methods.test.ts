/** That methods of strings stay fast in the hub's process. Whether they are, V8 itself says. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { expect, onTestFinished, test } from "vitest"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { startNode } from "../edge/in-process-nodes.ts"

setFlagsFromString("--allow-natives-syntax")
const areFast = new Function("return %HasFastProperties(String.prototype)")

test("a class derived from String, as ioredis has one, slows the strings of a hub down only until it starts", async () => {
  class Verbatim extends String {}
  expect(new Verbatim("a").length).toBe(1)
  expect(areFast()).toBe(false)
  const dir = await mkdtemp(join(tmpdir(), "tributary-strings-"))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const node = await startNode(await openLmdb({ dir }))
  onTestFinished(() => node.close())
  expect(areFast()).toBe(true)
})
