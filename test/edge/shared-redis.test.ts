/** Two hubs on one Redis – staging and production – with an app of the same name: neither hears the other. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { ReadinessProbe } from "../../src/app/readiness-probe.ts"
import { shareSecrets } from "../../src/app/shared-secrets.ts"
import { systemClock } from "../../src/lib/clock.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { Admin } from "../acceptance/admin-caller.ts"
import { Console } from "../acceptance/agent-console.ts"
import { Device } from "../acceptance/person-device.ts"
import { claimsOf, type Key, mint, nowSeconds } from "../acceptance/tokens.ts"
import { type RedisServer, startRedis } from "../store/redis-server.ts"
import { ADMIN_TOKEN, type Node, startRedisNode } from "./in-process-nodes.ts"

const APP = "shop"

type Where = readonly [url: string, prefix?: string]

interface Hub {
  readonly node: Node
  readonly admin: Admin
  console(): Promise<Console>
  visitor(): Promise<Device>
  member(externalId: string): Promise<Device>
}

async function hubOn(url: string, prefix = ""): Promise<Hub> {
  const node = await startRedisNode(url, prefix)
  const admin = new Admin(node.url, ADMIN_TOKEN)
  await admin.call("POST", "/v1/apps", { id: APP, settings: { agentWorkspace: true } })
  const key: Key = await admin.createKey(APP, "agent")
  const claims = { scope: "agent", sub: "ana", iat: nowSeconds(), exp: nowSeconds() + 3600 }
  const open: (Console | Device)[] = []
  onTestFinished(async () => {
    for (const one of open) one.socket.disconnect()
    await node.close()
  })
  const opened = async <One extends Console | Device>(one: One): Promise<One> => {
    open.push(one)
    await one.open()
    return one
  }
  return {
    node,
    admin,
    console: () => opened(new Console({ url: node.url, appId: APP, token: mint(key, claims) })),
    visitor: () => opened(new Device({ url: node.url, appId: APP, channel: "web" })),
    async member(externalId) {
      const jwt = mint(await admin.createKey(APP, "user"), claimsOf(externalId))
      return opened(new Device({ url: node.url, appId: APP, channel: "web", jwt }))
    },
  }
}

const PAIRS: readonly (readonly [string, (url: string) => readonly [Where, Where]])[] = [
  ["two databases", (url) => [[`${url}/0`], [`${url}/1`]]],
  [
    "two prefixes",
    (url) => [
      [url, "staging"],
      [url, "production"],
    ],
  ],
  ["a prefix and none", (url) => [[url], [url, "staging"]]],
]

describe.each(PAIRS)("%s", (_, pairOf) => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  test("[P4] agents and their presence, messages and typing stay in their own hub", async () => {
    const [first, second] = pairOf(redis.url)
    const [staging, production] = [await hubOn(...first), await hubOn(...second)]
    // Another node of production, which must hear of everything there.
    const peer = await startRedisNode(...second)
    onTestFinished(() => peer.close())
    const agent = await staging.console()
    const customer = await production.visitor()
    const { message } = await customer.send("my card is 4111")
    await customer.ask("typing:start", { conversationId: message.conversationId })

    // Whatever went astray has arrived when what came after it, over the same channels, has.
    const tester = await staging.visitor()
    const own = await tester.send("hello")
    const typing = agent.signal("typing")
    await tester.ask("typing:start", { conversationId: own.message.conversationId })
    expect(await typing).toMatchObject({ conversationId: own.message.conversationId })
    await agent.begun(own.message.conversationId)
    await agent.settle()
    const received = JSON.stringify(agent.frames)
    expect(received).not.toContain("4111")
    expect(received).not.toContain(message.conversationId)
    expect(customer.frames.filter(({ name }) => name === "presence")).toEqual([])
    expect((await agent.list()).map(({ conversationId }) => conversationId)).toEqual([
      own.message.conversationId,
    ])
  })
})

test("[S15] FLUSHALL under a running hub: it acknowledges nothing more, and is not ready", async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const hub = await hubOn(redis.url)
  const before = await hub.visitor()
  await before.send("kept")
  expect((await fetch(`${hub.node.url}/health/ready`)).status).toBe(200)
  await redis.cli("flushall")
  const content = { type: "text", text: "into nothing" }
  // Or the connection has ended by then: the hub looks for its apps every second.
  const refused = (device: Device, localId: string): Promise<string | undefined> =>
    device.code("message:send", { localId, content }).catch(() => "ended")
  expect(await refused(before, "1")).toMatch(/unavailable|ended/)
  const after = await hub.visitor().catch((error: unknown) => String(error))
  if (after instanceof Device) expect(await refused(after, "2")).toMatch(/unavailable|ended/)
  else expect(after).toMatch(/app_not_found|unavailable/)
  expect((await fetch(`${hub.node.url}/health/ready`)).status).toBe(503)
  expect(await hub.admin.code("PATCH", `/v1/apps/${APP}`, { settings: { agentWorkspace: false } })).toMatch(
    /unavailable|app_not_found/,
  )
  // A hub that begins anew begins with the app.
  await hub.admin.call("POST", "/v1/apps", { id: APP })
  const anew = await hub.visitor()
  await anew.send("hello again")
})

test("[S15] FLUSHALL under a running hub: what a living or a new node writes since makes it ready no more", async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const hub = await hubOn(redis.url)
  const ready = async (): Promise<number> => (await fetch(`${hub.node.url}/health/ready`)).status
  expect(await ready()).toBe(200)
  const store = await openRedis({ url: redis.url, onError: () => undefined })
  const anew = await openRedis({ url: redis.url, onError: () => undefined })
  onTestFinished(() => Promise.all([store.close(), anew.close()]).then(() => undefined))
  await redis.cli("flushall")
  for (const each of [store, anew]) {
    const shared = await shareSecrets(each, systemClock, ["a session's", "an admin's"], () => undefined)
    shared.stop()
    await new ReadinessProbe(each).check()
    expect(await ready()).toBe(503)
  }
})

test("[S15] FLUSHALL under a running hub: what was read a moment ago is not answered as if it had never been", async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const hub = await hubOn(redis.url)
  const device = await hub.visitor()
  const person = await hub.member("ann")
  await device.send("kept")
  await person.send("kept")
  await redis.cli("flushall")
  for (const one of [device, person])
    for (const [command, body] of [
      ["conversation:list", {}],
      ["message:list", { conversationId: one.conversationId }],
      ["sync", { cursor: one.view.cursor }],
    ] as const)
      expect(await one.code(command, body).catch(() => "ended")).toMatch(/unavailable|token_expired|ended/)
})

test("[S15] FLUSHALL under a running hub: a client that only listens and reads is told within seconds that the app is gone", async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const hub = await hubOn(redis.url)
  const device = await hub.visitor()
  const quiet = await hub.visitor()
  const agent = await hub.console()
  await device.send("kept")
  await redis.cli("flushall")
  for (const one of [device, quiet]) await one.until("the end of the connection", () => one.disconnects > 0)
  await agent.until("the end of the console", () => !agent.socket.connected)
  await expect(hub.visitor()).rejects.toThrow("app_not_found")
  await expect(hub.console()).rejects.toThrow(/app_not_found|not_found|unavailable/)
})
