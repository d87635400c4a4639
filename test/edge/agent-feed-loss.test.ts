/** [P2] A store that lost the tail of the agents' feed: a console hears nothing of what came instead before it starts over. */
import { expect, onTestFinished, test } from "vitest"
import type { Store } from "../../src/store/contract.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { startRedis } from "../store/redis-server.ts"
import { AppOnNodes, startNode } from "./in-process-nodes.ts"

/** A store whose rankings are read only while it is let: who asks for one stays busy. */
function gated(real: Store): { store: Store; close(): void; open(): void } {
  let opened = Promise.resolve()
  let open = (): void => undefined
  return {
    store: {
      ...real,
      rank: async (...question) => {
        await opened
        return await real.rank(...question)
      },
      rankTogether: async (...question) => {
        await opened
        return await real.rankTogether(...question)
      },
    },
    close() {
      opened = new Promise((resolve) => {
        open = resolve
      })
    },
    open: () => open(),
  }
}

test("[P2] a busy console hears what the store says after a loss behind its full state, and only once", async () => {
  const redis = await startRedis({ appendfsync: "no" })
  onTestFinished(() => redis.stop())
  const barrier = gated(await openRedis({ url: redis.url }))
  const app = await AppOnNodes.on(await startNode(barrier.store))
  onTestFinished(async () => {
    barrier.open()
    await app.close()
  })
  const ann = await app.member("ann", 0)
  const bob = await app.member("bob", 0)
  const console = await app.console("ada", 0)
  const witness = await app.console("eve", 0)
  for (const text of ["kept", "lost 1", "lost 2", "lost 3"]) await ann.send(text)
  await Promise.all([console.settle(), witness.settle()])
  const seen = console.view.positions.get(0) ?? 0

  barrier.close()
  const busy = console.raw("ticket:list", { limit: 1 })
  // An answer to the one who asked later: the question waits by now.
  await witness.raw("watch", { scope: "all" })
  const log = `{${app.appId}:0}l:agents`
  const tail = await redis.cli("xrevrange", log, "+", "-", "COUNT", "3")
  const ids = tail.split("\n").filter((line) => /^\d+-\d+$/.test(line))
  expect(ids).toHaveLength(3)
  await redis.cli("xdel", log, ...ids)
  const received = console.frames.length
  for (const text of ["instead 1", "instead 2", "instead 3", "instead 4", "instead 5"]) await bob.send(text)
  // Who is not busy has started over, so the loss is known on this node.
  await witness.until("a new start", () => witness.frames.filter(({ name }) => name === "ready").length > 1)
  expect(console.frames.slice(received).map(({ name }) => name)).toEqual([])

  barrier.open()
  await busy
  // What is sent before its full state may be in it, and is then no event.
  await console.until("a new start of its own", () =>
    console.frames.slice(received).some(({ name }) => name === "ready"),
  )
  await bob.send("last")
  await console.until("the last event", () =>
    console.events.some(
      ({ type, data }) => type === "conversation:message" && JSON.stringify(data).includes('last"'),
    ),
  )
  const after = console.frames.slice(received).map(({ name }) => name)
  expect(after[0]).toBe("ready")
  expect(after.filter((name) => name === "ready")).toHaveLength(1)
  expect(console.events.filter(({ offset }) => offset > seen).length).toBeGreaterThan(0)
  expect([...console.breaches, ...console.view.breaches]).toEqual([])
})
