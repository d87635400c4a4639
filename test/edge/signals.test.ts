/** Signals between nodes over a real Redis: heard from the start, and again after Redis was away. */
import { Server } from "socket.io"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { Presence } from "../../src/edge/presence/presence.ts"
import type { NodeEvents } from "../../src/edge/socket/packets.ts"
import { openRedisAdapter } from "../../src/edge/socket/redis-adapter.ts"
import { systemClock } from "../../src/lib/clock.ts"
import { MESSAGING } from "../../src/protocol/socket-events.ts"
import type { Device } from "../acceptance/person-device.ts"
import { type RedisCluster, type RedisServer, startCluster, startRedis } from "../store/redis-server.ts"
import { AppOnNodes, startRedisNode } from "./in-process-nodes.ts"

interface Node {
  readonly presence: Presence
  /** Sends a word to the other nodes. */
  readonly say: (word: string) => void
  /** Resolves with the next word of another node. */
  readonly received: () => Promise<unknown>
}

type Silent = Record<never, never>
interface Said extends NodeEvents {
  word: (word: string) => void
}

async function newNode(url: string, name: string): Promise<Node> {
  // What fails here is lost, and nothing more: the signals that come after are the test.
  const { adapter, close } = await openRedisAdapter({ url }, () => undefined)
  const io = new Server<Silent, Silent, Said>(0, { adapter })
  const namespace = io.of(MESSAGING)
  const presence = new Presence({
    clock: systemClock,
    node: name,
    send: (message) => void namespace.serverSideEmit("hub:presence", message),
  })
  namespace.on("hub:presence", (message) => presence.receive(message))
  onTestFinished(async () => {
    presence.stop()
    await io.close()
    close()
  })
  return {
    presence,
    say: (word) => void namespace.serverSideEmit("word", word),
    received: () => new Promise((resolve) => namespace.once("word", resolve)),
  }
}

/** Signals may be lost, so it is said until it is heard. */
async function reaches(from: Node, to: Node, word: string): Promise<void> {
  const received = to.received()
  const repeat = setInterval(() => from.say(word), 20)
  expect(await received).toBe(word)
  clearInterval(repeat)
}

/** Typed until it is heard; while the store is away, it is refused. */
async function typingReaches(from: Device, to: Device, conversationId: string): Promise<void> {
  to.frames.length = 0
  const received = to.signal("typing")
  const typed = () => from.ask("typing:start", { conversationId }).catch(() => undefined)
  while (!to.frames.some(({ name }) => name === "typing")) await Promise.race([received, typed()])
  await received
}

describe("over one Redis", () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  test("nodes hear one another", async () => {
    const [a, b] = await Promise.all([newNode(redis.url, "a"), newNode(redis.url, "b")])
    await reaches(a, b, "one")
    await reaches(b, a, "two")
  })

  test("and again after Redis was away", async () => {
    const [a, b] = await Promise.all([newNode(redis.url, "a"), newNode(redis.url, "b")])
    await reaches(a, b, "one")
    await redis.restart()
    await reaches(a, b, "two")
    await reaches(b, a, "three")
  })

  test("and also if Redis comes only after the node has given up waiting for it", async () => {
    await redis.kill()
    const [a, b] = await Promise.all([newNode(redis.url, "a"), newNode(redis.url, "b")])
    await redis.restart()
    await reaches(a, b, "one")
    await reaches(b, a, "two")
  })

  test("a user's typing crosses the nodes, and again after Redis was killed", async () => {
    const app = await AppOnNodes.on(await startRedisNode(redis.url), await startRedisNode(redis.url))
    onTestFinished(() => app.close())
    const [phone, tablet] = [await app.member("ann", 0), await app.member("ann", 1)]
    const { message } = await phone.send("hello")
    const { conversationId } = message
    await phone.ask("typing:start", { conversationId })
    expect(await tablet.signal("typing")).toMatchObject({ conversationId, active: true })
    await redis.kill()
    await redis.restart()
    await typingReaches(phone, tablet, conversationId)
    await typingReaches(tablet, phone, conversationId)
  })

  test("presence travels by them, and goes with the node", async () => {
    const [a, b] = await Promise.all([newNode(redis.url, "a"), newNode(redis.url, "b")])
    await reaches(a, b, "one")
    await reaches(b, a, "two")
    const next = (): Promise<unknown[]> =>
      new Promise((resolve) => b.presence.onUser((...received) => resolve(received)))
    const came = next()
    b.presence.start()
    a.presence.start()
    a.presence.userJoined("shop", "ann")
    expect(await came).toEqual(["shop", "ann", true])
    const went = next()
    a.presence.stop()
    expect(await went).toEqual(["shop", "ann", false])
  })
})

describe("over a Redis cluster", () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster.stop())

  test("nodes hear one another", async () => {
    const [a, b] = await Promise.all([newNode(cluster.url, "a"), newNode(cluster.url, "b")])
    await reaches(a, b, "one")
    await reaches(b, a, "two")
  })
})
