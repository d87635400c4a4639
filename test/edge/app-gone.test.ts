/** The store is emptied while commands are under way: each is answered before its connection ends. */
import { expect, onTestFinished, test } from "vitest"
import type { Store } from "../../src/store/contract.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { Admin } from "../acceptance/admin-caller.ts"
import { Console } from "../acceptance/agent-console.ts"
import { agentClaims } from "../acceptance/agent-desk.ts"
import { Device } from "../acceptance/person-device.ts"
import { mint } from "../acceptance/tokens.ts"
import { startRedis } from "../store/redis-server.ts"
import { ADMIN_TOKEN, startNode } from "./in-process-nodes.ts"

const APP = "shop"

/** A real store whose commits wait, on command. */
function heldStore(real: Store) {
  let held: Promise<void> | undefined
  let letGo = (): void => undefined
  let waiting = 0
  const store: Store = {
    ...real,
    async commit(partition, change) {
      if (held) waiting += 1
      await held
      return real.commit(partition, change)
    },
  }
  const hold = (): void => {
    held = new Promise((resolve) => {
      letGo = resolve
    })
  }
  return { store, hold, letGo: () => letGo(), waiting: () => waiting }
}

test("[S15] FLUSHALL under a running hub: what was sent before is answered before the connection ends", async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const { store, hold, letGo, waiting } = heldStore(
    await openRedis({ url: redis.url, onError: () => undefined }),
  )
  const node = await startNode(store)
  onTestFinished(() => node.close())
  const admin = new Admin(node.url, ADMIN_TOKEN)
  await admin.call("POST", "/v1/apps", { id: APP, settings: { agentWorkspace: true } })
  const key = await admin.createKey(APP, "agent")
  const device = new Device({ url: node.url, appId: APP, channel: "web" })
  const agent = new Console({ url: node.url, appId: APP, token: mint(key, agentClaims("ana")) })
  onTestFinished(() => {
    device.socket.disconnect()
    agent.socket.disconnect()
  })
  await Promise.all([device.open(), agent.open()])
  const { message } = await device.send("kept")

  hold()
  const content = { type: "text", text: "into nothing" }
  const { conversationId } = message
  const sent = device.code("message:send", { localId: "1", content })
  const replied = agent.code("message:send", { conversationId, localId: "1", content })
  const outcomes = Promise.allSettled([sent, replied])
  await expect.poll(waiting).toBe(2)
  await redis.cli("flushall")
  // A node that has noticed lets nobody in, and would have ended these connections.
  const refused = async (): Promise<string> => {
    const late = new Device({ url: node.url, appId: APP, channel: "web" })
    try {
      await late.open()
      return "let in"
    } catch {
      return late.refusal?.code ?? "no answer"
    } finally {
      late.socket.disconnect()
    }
  }
  await expect.poll(refused, { timeout: 5_000 }).toBe("app_not_found")
  letGo()
  expect(await outcomes).toEqual([
    { status: "fulfilled", value: "unavailable" },
    { status: "fulfilled", value: "unavailable" },
  ])
  await device.until("the end of the connection", () => device.disconnects > 0)
  await agent.until("the end of the console", () => !agent.socket.connected)
})
