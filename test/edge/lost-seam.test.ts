/**
 * [P2] [S10] Follow, read, release: a store that loses its tail between following and reading gives a state that what
 * was held in the meantime does not go on from. Nothing of it is told; a full state is.
 */
import { expect, onTestFinished, test } from "vitest"
import type { LogKey, Store } from "../../src/store/contract.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { type RedisServer, startRedis } from "../store/redis-server.ts"
import { AppOnNodes, startNode } from "./in-process-nodes.ts"

interface HeldStore {
  readonly store: Store
  /** From now on nobody reads a log of this kind. */
  close(kind: string): void
  open(): void
  /** Resolves when somebody wants to. */
  readonly asked: Promise<void>
}

function holding(real: Store): HeldStore {
  let kind: string | undefined
  let open = (): void => undefined
  let ask = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const asked = new Promise<void>((resolve) => {
    ask = resolve
  })
  return {
    store: {
      ...real,
      read: async (partition, log, range) => {
        if (kind !== undefined && log.startsWith(kind)) {
          ask()
          await opened
        }
        return await real.read(partition, log, range)
      },
    },
    close: (of) => {
      kind = of
    },
    open: () => open(),
    asked,
  }
}

async function scene() {
  const redis = await startRedis({ appendfsync: "no" })
  onTestFinished(() => redis.stop())
  const held = holding(await openRedis({ url: redis.url }))
  const app = await AppOnNodes.on(await startNode(held.store))
  onTestFinished(async () => {
    held.open()
    await app.close()
  })
  return { redis, held, app }
}

/** As a fail-over to a replica that lagged behind would leave it. */
async function loseTail(redis: RedisServer, app: AppOnNodes, log: LogKey, count: number): Promise<void> {
  const key = `{${app.appId}:0}l:${log}`
  const tail = await redis.cli("xrevrange", key, "+", "-", "COUNT", String(count))
  const ids = tail.split("\n").filter((line) => /^\d+-\d+$/.test(line))
  expect(ids).toHaveLength(count)
  await redis.cli("xdel", key, ...ids)
}

test("[P2] [S10] a device that comes back while the store loses its tail hears no hole", async () => {
  const { redis, held, app } = await scene()
  const before = await app.member("ann", 0)
  const tablet = await app.member("ann", 0)
  await tablet.send("kept")
  await before.shows("kept")
  expect(app.leave(before)).toEqual([])
  await tablet.send("lost while away")
  held.close("f:")
  const phone = app.closed(0, {
    channel: "ios",
    jwt: app.token("ann"),
    cursor: before.view.cursor,
  })
  const back = phone.open()
  await held.asked
  await tablet.send("lost and held")
  await tablet.shows("lost and held")
  await loseTail(redis, app, `f:${tablet.view.user?.id}`, 2)
  held.open()
  await back
  await phone.until("a full state", () => phone.view.conversations().length > 0)
  expect(phone.frames.filter(({ name }) => name === "event")).toEqual([])
  expect(app.leave(phone)).toEqual([])
})

test("[P2] [S10] a console that comes back while the store loses its tail hears no hole", async () => {
  const { redis, held, app } = await scene()
  const ann = await app.member("ann", 0)
  const before = await app.console("ada", 0)
  const witness = await app.console("eve", 0)
  await ann.send("kept")
  await before.hears("kept")
  await before.settle()
  before.socket.disconnect()
  await ann.send("lost while away")
  held.close("agents")
  const back = app.console("ada", 0, before.view.cursor)
  await held.asked
  await ann.send("lost and held")
  await witness.hears("lost and held")
  await loseTail(redis, app, "agents", 2)
  held.open()
  const console = await back
  await console.until("a full state", () => console.state?.resumed === false)
  expect(console.frames.filter(({ name }) => name === "event")).toEqual([])
  expect([...console.breaches, ...console.view.breaches]).toEqual([])
})
