/** What a fail-over keeps under each setting: the rows of the table in docs/operations.md, by experiment [P1]. */
import { afterEach, describe, expect, it } from "vitest"
import type { Device } from "../acceptance/person-device.ts"
import { inParallel, range } from "../acceptance/random.ts"
import { acknowledgement, type Message } from "../acceptance/shapes.ts"
import { type App, World } from "../acceptance/world.ts"
import { eventually } from "./eventually.ts"
import { startHubOver } from "./hub-over.ts"
import { type Pair, startPair } from "./redis-pair.ts"

const endings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function stage(
  settings: Readonly<Record<string, string>>,
): Promise<{ pair: Pair; app: App; world: World }> {
  const pair = await startPair(1)
  const urls = pair.proxies.map(({ port }) => `redis://127.0.0.1:${port}`)
  const world = new World("redis", () => startHubOver(urls, settings, () => pair.stop()))
  await world.begin()
  endings.push(() => world.end())
  return { pair, world, app: await world.app() }
}

async function send(device: Device, localId: string): Promise<string> {
  const body = { localId, content: { type: "text", text: localId } }
  const ack = acknowledgement.parse(await device.raw("message:send", body))
  return ack.ok ? "acknowledged" : ack.error.code
}

/** What the history of the device's user holds, once the node has its store again. */
async function kept(app: App, conversationId: string): Promise<Set<string>> {
  const texts = new Set<string>()
  await eventually("a history that can be read", async () => {
    for (let before: string | undefined; ; ) {
      const query = `limit=100${before === undefined ? "" : `&before=${before}`}`
      const path = `/v1/apps/${app.id}/conversations/${conversationId}/messages?${query}`
      // The boundary: the shape is that of docs/admin-api.md.
      const page = (await app.admin().call("GET", path)) as { messages: Message[]; more: boolean }
      for (const { localId } of page.messages) if (localId !== undefined) texts.add(localId)
      if (!page.more) return true
      before = page.messages[0]?.position
    }
  })
  return texts
}

describe("a primary that dies while its replica lags behind", () => {
  it("without the setting what the replica had not got is lost, though it was acknowledged", async () => {
    const { pair, app } = await stage({})
    const web = await app.visitor()
    await web.send("first")
    await pair.replicated()
    await pair.sever()
    expect(await send(web, "late")).toBe("acknowledged")
    await pair.failOver()
    expect((await kept(app, web.conversationId)).has("late")).toBe(false)
  })

  it("[P1] with REDIS_WAIT_REPLICAS=1 it is refused, and everything that was acknowledged is there", async () => {
    const { pair, app, world } = await stage({ REDIS_WAIT_REPLICAS: "1", REDIS_WAIT_MS: "1000" })
    const web = await app.visitor()
    await web.send("first")
    const acknowledged = new Set<string>()
    await inParallel(range(210), 4, async (n) => {
      if (n === 200) {
        await pair.sever()
        return
      }
      if ((await send(web, `n ${n}`)) === "acknowledged") acknowledged.add(`n ${n}`)
    })
    expect(acknowledged.size).toBeGreaterThan(100)
    expect(await send(web, "late")).toBe("unavailable")
    const { status } = await fetch(`${world.hub.node(0).url}/health/ready`)
    expect(status).toBe(503)
    await pair.failOver()
    await pair.replicate()
    await eventually(
      "a hub that acknowledges again",
      async () => (await send(web, "late")) === "acknowledged",
    )
    const texts = await kept(app, web.conversationId)
    expect([...acknowledged].filter((text) => !texts.has(text))).toEqual([])
    expect(texts.has("late")).toBe(true)
  })
})
