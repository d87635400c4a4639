/** [P2] Every event reaches every connected device once, in order: at the seam between reading and following, and under load. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import type { Device } from "../acceptance/person-device.ts"
import { range } from "../acceptance/random.ts"
import { startRedis } from "../store/redis-server.ts"
import { AppOnNodes, startNode, startRedisNode } from "./in-process-nodes.ts"
import { type LateStore, lateStore } from "./late-store.ts"

const say = (device: Device, text: string) =>
  device.ask("message:send", { localId: text, content: { type: "text", text } })

describe("a node that reads events before their announcements arrive", () => {
  let late: LateStore
  let app: AppOnNodes
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "tributary-delivery-"))
    late = lateStore(await openLmdb({ dir }))
    app = await AppOnNodes.on(await startNode(late.store))
  })
  afterEach(async () => {
    late.flush()
    await app.close()
    await rm(dir, { recursive: true })
  })

  /** Ann with a message that is stored, and delivered to no device yet. */
  async function annAheadOfHerFeed(): Promise<Device> {
    const ann = await app.member("ann", 0)
    await ann.send("heard")
    late.hold()
    await say(ann, "not heard yet")
    return ann
  }

  test("[P2] sync answers once the feed has told the same, and leaves no hole in it", async () => {
    const ann = await annAheadOfHerFeed()
    const { cursor, offset = 0 } = ann.view
    let answered = false
    const synced = ann.ask("sync", { cursor }).finally(() => {
      answered = true
    })
    // A whole handshake takes longer than the answer would.
    await app.member("bob", 0)
    expect([answered, ann.view.offset]).toEqual([false, offset])
    late.flush()
    const answer = await synced
    expect(answer.resumed && answer.events.map((event) => event.offset)).toEqual([offset + 1])
    expect(ann.view.offset).toBe(offset + 1)
    await ann.send("after")
    expect(ann.view.shows("not heard yet")).toBe(true)
    expect(app.leave(ann)).toEqual([])
  })

  test("[P2] a device that comes in is not told again what its state or its resume told", async () => {
    const ann = await annAheadOfHerFeed()
    const { cursor, offset } = ann.view
    const resumed = await app.member("ann", 0, { cursor, ...(offset !== undefined && { offset }) })
    const fresh = await app.member("ann", 0)
    expect([resumed.view.shows("not heard yet"), fresh.view.shows("not heard yet")]).toEqual([true, true])
    late.flush()
    await ann.send("after")
    for (const device of [resumed, fresh]) {
      await device.shows("after")
      const live = device.frames.filter(({ name }) => name === "event")
      expect(live).toHaveLength(1)
    }
    expect([ann, resumed, fresh].flatMap((device) => app.leave(device))).toEqual([])
  })

  test("[P2] sync on a node that gets no announcements is unavailable; the next connection works", async () => {
    const ann = await annAheadOfHerFeed()
    const { cursor, offset } = ann.view
    expect(await ann.code("sync", { cursor })).toBe("unavailable")
    const back = await app.member("ann", 0, { cursor, ...(offset !== undefined && { offset }) })
    expect(back.view.shows("not heard yet")).toBe(true)
  })

  test("[P4] a visitor's tab that asks before it heard of the upgrade is told nothing of the person", async () => {
    const web = await app.visitor(0)
    await web.send("anonymous")
    const { sessionToken } = web
    const tab = await app.visitor(0, { sessionToken })
    const { cursor } = tab.view
    late.hold()
    await web.login(app.token("ann"))
    const refused = tab.code("sync", { cursor })
    const afresh = tab.code("sync", { cursor: "another feed's" })
    await say(web, "ann's own")
    late.flush()
    expect([await refused, await afresh]).toEqual(["session_consumed", "session_consumed"])
    expect(tab.frames.map(({ name }) => name)).toContain("auth:required")
    expect(JSON.stringify(tab.frames)).not.toContain("ann's own")
    expect(app.leave(tab)).toEqual([])
  })

  test("[P4] a full state read after the upgrade parks the tab that asked for it", async () => {
    const web = await app.visitor(0)
    await web.send("anonymous")
    const tab = await app.visitor(0, { sessionToken: web.sessionToken })
    late.hold()
    await web.login(app.token("ann"))
    await say(web, "ann's own")
    expect(await tab.code("sync", { cursor: "another feed's" })).toBe("session_consumed")
    expect(JSON.stringify(tab.frames)).not.toContain("ann's own")
  })
})

const ROUNDS = 40

test("[P2] while both nodes send and visitors merge, every device on both sees every event in order", async () => {
  const redis = await startRedis({ appendfsync: "no" })
  onTestFinished(() => redis.stop())
  const nodes = await Promise.all([startRedisNode(redis.url), startRedisNode(redis.url)])
  const app = await AppOnNodes.on(...nodes)
  onTestFinished(() => app.close())

  const devices = await Promise.all([0, 1, 1].map((on) => app.member("ann", on)))
  await devices[0]?.send("first")
  for (const round of range(ROUNDS)) {
    const web = await app.visitor(round)
    await say(web, `visitor ${round}`)
    const everybody = [...devices, web]
    const allSay = (speakers: readonly Device[], when: string) =>
      Promise.all(speakers.map((device, index) => say(device, `${when} ${round} ${index}`)))
    await Promise.all([web.login(app.token("ann")), allSay(devices, "during")])
    const [sent] = await Promise.all([
      allSay(everybody, "after"),
      // A device that asks meanwhile must not lose what it is about to hear.
      ...devices.map((device) => device.settle()),
    ])
    const complete = (device: Device) => sent.every(({ message }) => device.view.has(message.id))
    await Promise.all(
      everybody.map((device) => device.until(`all of round ${round}`, () => complete(device), 2_000)),
    )
    expect(app.leave(web)).toEqual([])
  }
  expect(devices.flatMap((device) => app.leave(device))).toEqual([])
})
