/** 3.4, 6: nodes whose clocks are a day apart: what is stored is dated by the store, on whichever node it was made. */
import { afterAll, beforeAll, expect, it } from "vitest"
import { openDesk } from "./agent-desk.ts"
import { type Hub, startHub } from "./harness.ts"
import { type HubNode, startNode } from "./hub-process.ts"
import { World } from "./world.ts"

const DAY_MS = 86_400_000
/** How long these tests may take. */
const NEAR_MS = 60_000

/** A node whose clock is so much ahead of this machine's. */
function nodeAhead(hub: Hub, byMs: number): Promise<HubNode> {
  const code = `const own = Date.now; Date.now = () => own() + ${byMs};`
  const preload = `data:text/javascript,${encodeURIComponent(code)}`
  return startNode({ ...hub.environment, NODE_OPTIONS: `--import ${preload}` })
}

const world = new World("redis", async () => {
  const hub = await startHub("redis", {}, 0)
  hub.nodes.push(await nodeAhead(hub, 0), await nodeAhead(hub, DAY_MS))
  return hub
})
beforeAll(() => world.begin())
afterAll(() => world.end())

it.each([0, 1])("3.4 what begins on node %i is as old as its first message, and no older", async (on) => {
  const { app, desk } = await openDesk(world)
  const ada = await desk.console("ada", { on: 1 - on, claims: { exp: Date.now() / 1000 + 2 * 86_400 } })
  const web = await app.visitor({ on })
  const { message } = await web.send("hello")
  const { receivedAt } = message
  expect(Math.abs(receivedAt - Date.now())).toBeLessThan(NEAR_MS)
  const ticket = await ada.begun(message.conversationId)
  const [conversation] = (await web.ask("conversation:list", {})).conversations
  const { user } = await ada.ask("user:get", { userId: web.userId })
  for (const [what, at] of Object.entries({
    signedUpAt: user.signedUpAt,
    conversation: conversation?.createdAt ?? 0,
    ticket: ticket.createdAt,
    updated: ticket.updatedAt,
  })) {
    expect([what, at <= receivedAt], what).toEqual([what, true])
    expect(receivedAt - at, what).toBeLessThan(NEAR_MS)
  }
  expect(conversation?.updatedAt).toBe(receivedAt)
  expect(ticket.lastActivityAt).toBe(receivedAt)

  const changed = await ada.set(ticket.id, { status: "pending" })
  const answer = (await ada.say(message.conversationId, "answered")).message
  expect(changed.updatedAt).toBeGreaterThan(ticket.updatedAt)
  expect(changed.updatedAt).toBeLessThanOrEqual(answer.receivedAt)
  expect(answer.receivedAt).toBeGreaterThanOrEqual(receivedAt)
  const seen = (await ada.ask("user:get", { userId: web.userId })).user.lastSeenAt ?? 0
  expect(Math.abs(seen - Date.now())).toBeLessThan(NEAR_MS)
})

it("4.4 a logout everywhere on the node that is ahead refuses no token of today's", async () => {
  const app = await world.app()
  const life = { iat: Date.now() / 1000 - 60, exp: Date.now() / 1000 + 2 * 86_400 }
  const jwt = app.token("ann", life)
  const phone = await app.visitor({ on: 1, jwt })
  await phone.send("hello")
  await phone.ask("logout", { everywhere: true })
  for (const on of [0, 1]) expect((await app.refusal({ on, jwt })).code).toBe("token_revoked")
  const later = app.token("ann", { ...life, iat: Math.floor(Date.now() / 1000) + 2 })
  expect((await app.visitor({ on: 0, jwt: later })).view.texts()).toEqual(["hello"])
})
