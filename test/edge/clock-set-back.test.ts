/** The wall clock is set back by half an hour while somebody types: limits and pauses go on by a clock that nobody sets. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { systemClock } from "../../src/lib/clock.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { AppOnNodes, startNode } from "./in-process-nodes.ts"

/** Less than a token lives. */
const AHEAD_MS = 1_800_000
/** Far below the ten seconds after which typing ends by itself. */
const AT_ONCE_MS = 4_000

test("3.2 the end of typing is told, though it began half an hour later by the wall clock", async () => {
  let aheadMs = AHEAD_MS
  const clock = { ...systemClock, now: () => Date.now() + aheadMs }
  const dir = await mkdtemp(join(tmpdir(), "tributary-"))
  const app = await AppOnNodes.on(await startNode(await openLmdb({ dir }), undefined, 1, clock))
  onTestFinished(async () => {
    await app.close()
    await rm(dir, { recursive: true })
  })
  const web = await app.visitor(0)
  const { conversationId } = (await web.send("hello")).message
  const ada = await app.console("ada", 0)
  const signalled = () =>
    ada.frames.filter(({ name }) => name === "typing").map(({ body }) => Reflect.get(Object(body), "active"))

  await web.ask("typing:start", { conversationId })
  await ada.until("typing begins", () => signalled().at(-1) === true, AT_ONCE_MS)
  aheadMs = 0
  await web.ask("typing:stop", { conversationId })
  await ada.until("typing ends", () => signalled().at(-1) === false, AT_ONCE_MS)
  expect(signalled()).toEqual([true, false])
})
