/**
 * [P2] [S10] Follow, read, release: a store that loses its tail between following and reading gives a state that what
 * was held in the meantime does not go on from. Nothing of it is told; a full state is.
 */
import { expect, onTestFinished, test } from "vitest"
import type { LogKey, Store } from "../../src/store/contract.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { type RedisServer, startRedis } from "../store/redis-server.ts"
import { Place, startNode } from "./nodes.ts"

interface Gate {
  readonly store: Store
  /** From now on nobody reads a log of this kind. */
  close(kind: string): void
  open(): void
  /** Resolves when somebody wants to. */
  readonly asked: Promise<void>
}

function gated(real: Store): Gate {
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
  const gate = gated(await openRedis({ url: redis.url }))
  const place = await Place.on(await startNode(gate.store))
  onTestFinished(async () => {
    gate.open()
    await place.close()
  })
  return { redis, gate, place }
}

/** As a fail-over to a replica that lagged behind would leave it. */
async function loseTail(redis: RedisServer, place: Place, log: LogKey, count: number): Promise<void> {
  const key = `{${place.appId}:0}l:${log}`
  const tail = await redis.cli("xrevrange", key, "+", "-", "COUNT", String(count))
  const ids = tail.split("\n").filter((line) => /^\d+-\d+$/.test(line))
  expect(ids).toHaveLength(count)
  await redis.cli("xdel", key, ...ids)
}

test("[P2] [S10] a device that comes back while the store loses its tail hears no hole", async () => {
  const { redis, gate, place } = await scene()
  const before = await place.member("ann", 0)
  const tablet = await place.member("ann", 0)
  await tablet.send("kept")
  await before.shows("kept")
  expect(place.leave(before)).toEqual([])
  await tablet.send("lost while away")
  gate.close("f:")
  const phone = place.closed(0, {
    channel: "ios",
    jwt: place.token("ann"),
    cursor: before.view.cursor,
  })
  const back = phone.open()
  await gate.asked
  await tablet.send("lost and held")
  await tablet.shows("lost and held")
  await loseTail(redis, place, `f:${tablet.view.user?.id}`, 2)
  gate.open()
  await back
  await phone.until("a full state", () => phone.view.conversations().length > 0)
  expect(phone.frames.filter(({ name }) => name === "event")).toEqual([])
  expect(place.leave(phone)).toEqual([])
})

test("[P2] [S10] a console that comes back while the store loses its tail hears no hole", async () => {
  const { redis, gate, place } = await scene()
  const ann = await place.member("ann", 0)
  const before = await place.console("ada", 0)
  const witness = await place.console("eve", 0)
  await ann.send("kept")
  await before.hears("kept")
  await before.settle()
  before.socket.disconnect()
  await ann.send("lost while away")
  gate.close("agents")
  const back = place.console("ada", 0, before.view.cursor)
  await gate.asked
  await ann.send("lost and held")
  await witness.hears("lost and held")
  await loseTail(redis, place, "agents", 2)
  gate.open()
  const console = await back
  await console.until("a full state", () => console.state?.resumed === false)
  expect(console.frames.filter(({ name }) => name === "event")).toEqual([])
  expect([...console.breaches, ...console.view.breaches]).toEqual([])
})
