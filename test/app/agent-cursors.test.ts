/**
 * [P2] A console keeps the last cursor alone. Over many partitions a cursor names only those that moved lately, and still a
 * console that comes back gets exactly what it missed – or is told that nobody knows.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { agentItemOf, agentItemsAfter } from "../../src/app/agents/agent-feed.ts"
import { FeedPositions } from "../../src/app/agents/feed-positions.ts"
import type { App } from "../../src/app/app.ts"
import type { AgentEvent } from "../../src/protocol/agent.ts"
import type { Store } from "../../src/store/contract.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { range, seeded } from "../acceptance/random.ts"
import { newApp, say, visitor } from "./stage.ts"

const PARTITIONS = 64
const SETTLED_MS = 1_100

/** The store's clock: it ticks with each look, and time passes when a test says so. */
let time = Date.now()
let dir: string
let store: Store
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "trib-cursors-"))
  store = await openLmdb({
    dir,
    clock: () => {
      time += 1
      return time
    },
  })
})
afterAll(async () => {
  await store.close()
  await rm(dir, { recursive: true, force: true })
})

const pass = (milliseconds: number) => {
  time += milliseconds
}

/** A console that hears everything at once, as a node delivers it. */
async function listening(app: App) {
  const positions = await FeedPositions.now(app)
  const received: AgentEvent[] = []
  let chain = Promise.resolve()
  const following = await Promise.all(
    app.partitions.map((partition) =>
      partition.followAgents({
        entry(entry) {
          chain = chain.then(async () => {
            received.push((await agentItemOf(app, partition.index, entry, positions)).event)
          })
        },
        broken: () => undefined,
      }),
    ),
  )
  return {
    received,
    first: positions.copy().cursor(app.now()),
    settled: () => chain,
    stop: () => {
      for (const one of following) one.stop()
    },
  }
}

const named = ({ partition, offset }: AgentEvent) => `${partition} ${offset}`

test("[P2] from each cursor on, exactly what came after it", async () => {
  const app = await newApp(store, "single", PARTITIONS)
  const chance = seeded(1)
  for (const n of range(PARTITIONS)) await say(app, visitor(n), `before ${n}`)
  const console = await listening(app)
  for (const n of range(12)) {
    await say(app, visitor(chance.below(PARTITIONS)), `message ${n}`)
    if (n % 4 === 3) pass(SETTLED_MS / 2)
  }
  await console.settled()
  console.stop()
  expect(console.received).toHaveLength(36)
  for (const [index, { cursor }] of console.received.entries()) {
    const missed = await agentItemsAfter(app, cursor)
    const later = console.received.slice(index + 1)
    expect(missed?.events.map(named).sort(), `after event ${index}`).toEqual(later.map(named).sort())
  }
  const all = await agentItemsAfter(app, console.first)
  expect(all?.events).toHaveLength(36)
  // What a console was told in one frame has cursors, too.
  for (const [index, { cursor }] of (all?.events ?? []).entries()) {
    const rest = await agentItemsAfter(app, cursor)
    expect(rest?.events.map(named), `after missed event ${index}`).toEqual(
      all?.events.slice(index + 1).map(named),
    )
  }
})

test("a cursor of one partition where one partition moved", async () => {
  const app = await newApp(store, "single", PARTITIONS)
  for (const n of range(PARTITIONS)) await say(app, visitor(n), `before ${n}`)
  pass(SETTLED_MS)
  const console = await listening(app)
  await say(app, visitor(7), "one")
  await console.settled()
  console.stop()
  expect(console.received).toHaveLength(3)
  for (const { cursor } of console.received) expect(cursor.length).toBeLessThan(64)
})

test("[P2] an event that was never heard makes the cursor worthless, and is not passed over", async () => {
  const app = await newApp(store, "single", PARTITIONS)
  await say(app, visitor(3), "heard")
  const positions = await FeedPositions.now(app)
  await say(app, visitor(5), "announced to nobody")
  pass(SETTLED_MS)
  await say(app, visitor(3), "heard again")
  const [entry] = await app.partition(3).agents({ before: { at: Number.MAX_SAFE_INTEGER, n: 1 }, limit: 1 })
  if (!entry) throw new Error("nothing was stored")
  const { event } = await agentItemOf(app, 3, entry, positions)
  expect(await agentItemsAfter(app, event.cursor)).toBeUndefined()
})

test("[P2] a store that has other entries up to that time is noticed", async () => {
  const app = await newApp(store, "single", PARTITIONS)
  await say(app, visitor(3), "kept")
  const positions = await FeedPositions.now(app)
  const head = positions.at(3)
  positions.pass(3, { ...head, tag: "otherTag" })
  pass(SETTLED_MS)
  expect(await agentItemsAfter(app, positions.cursor(app.now()))).toBeUndefined()
  positions.pass(3, head)
  expect((await agentItemsAfter(app, positions.cursor(app.now())))?.events).toEqual([])
})

test("a text that is no cursor of this app is read as none", async () => {
  const app = await newApp(store, "single", PARTITIONS)
  const good = (await FeedPositions.now(app)).cursor(app.now())
  for (const cursor of [
    "",
    "t",
    "g",
    "t~~",
    "t~zzzzzzzzzzzz~0.0",
    `${good}~1z.0.1.x`,
    `${good}~1.0.1.x~1.0.1.x`,
  ])
    expect(await agentItemsAfter(app, cursor), cursor).toBeUndefined()
  expect((await agentItemsAfter(app, good))?.events).toEqual([])
})
