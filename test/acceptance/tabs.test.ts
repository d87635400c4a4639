/** 4.2: the socket that presented the token moves; the session's other sockets are parked until they do. */
import { expect, it } from "vitest"
import type { Device } from "./person-device.ts"
import { type App, expectTrueView, onBoth } from "./world.ts"

/** Two tabs of one browser on two nodes: one device, one anonymous session, one message. */
async function twoTabs(app: App): Promise<[Device, Device]> {
  const first = await app.visitor()
  await first.send("anonymous")
  const { sessionToken, deviceId } = first
  const second = await app.visitor({ sessionToken, deviceId, on: 1 })
  expect(second.userId).toBe(first.userId)
  return [first, second]
}

/** One call of every command a parked or ended socket must refuse. */
const commandsOn = (conversationId: string): [string, Record<string, unknown>][] => [
  ["message:send", { localId: "refused", content: { type: "text", text: "refused" } }],
  ["message:list", { conversationId }],
  ["conversation:create", {}],
  ["conversation:list", {}],
  ["conversation:read", { conversationId, position: "0" }],
  ["sync", { cursor: "any" }],
  ["profile:update", { name: "refused" }],
  ["typing:start", { conversationId }],
  ["typing:stop", { conversationId }],
]

onBoth("tabs", (world) => {
  it("3.3 two tabs of a session see the same feed", async () => {
    const app = await world.app()
    const [first, second] = await twoTabs(app)
    await second.send("from the second")
    await app.say(first.conversationId, "to both")
    for (const tab of [first, second]) {
      await tab.shows("to both")
      await expectTrueView(tab)
    }
  })

  for (const known of [false, true])
    it(`[P4] 4.2 the other tab is parked, then taken along (${known ? "merge" : "upgrade"})`, async () => {
      const app = await world.app()
      const phone = known ? await app.member("ann") : undefined
      if (phone) await phone.send("of ann")
      const [first, second] = await twoTabs(app)
      const conversationId = second.conversationId
      const jwt = app.token("ann")
      await first.login(jwt)
      expect(await second.signal("auth:required")).toEqual({ reason: "session_moved" })
      const frames = second.frames.length
      await first.send("private")
      await app.say(first.conversationId, "also private", 1)
      await first.shows("also private")
      for (const [name, body] of commandsOn(conversationId))
        expect([name, await second.code(name, body)]).toEqual([name, "session_consumed"])
      expect(second.frames.slice(frames)).toEqual([])

      const { outcome, state } = await second.login(jwt)
      expect(outcome).toBe("signed_in")
      expect(state).toMatchObject({ resumed: false, user: { id: first.userId, externalId: "ann" } })
      expect(second.view.texts()).toEqual([
        ...(known ? ["of ann"] : []),
        "anonymous",
        "private",
        "also private",
      ])
      await app.say(conversationId, "to both")
      for (const tab of [first, second]) {
        await tab.shows("to both")
        await expectTrueView(tab)
      }
    })

  it("[P4] a copied anonymous token on another device gets nothing of the signed-in person", async () => {
    const app = await world.app()
    const ann = await app.visitor()
    await ann.send("anonymous")
    const thief = await app.visitor({ sessionToken: ann.sessionToken, deviceId: "thief", on: 1 })
    await ann.login(app.token("ann"))
    await thief.signal("auth:required")
    const frames = thief.frames.length
    await ann.send("secret")
    await app.say(ann.conversationId, "secret answer", 1)
    await ann.shows("secret answer")
    await thief.roundTrip()
    expect(thief.frames.slice(frames)).toEqual([])
    const stolen = { sessionToken: thief.sessionToken, deviceId: ann.deviceId, on: 1 }
    expect((await app.refusal(stolen)).code).toBe("session_consumed")
  })

  it("4.2 a parked tab may log out: a fresh anonymous user", async () => {
    const app = await world.app()
    const [first, second] = await twoTabs(app)
    await first.login(app.token("ann"))
    await second.signal("auth:required")
    const { state } = await second.logout()
    expect(state).toMatchObject({ user: { authenticated: false }, conversations: [] })
    expect(state.user.id).not.toBe(first.userId)
    expect(state.sessionToken).toBeDefined()
    await second.send("somebody else")
    expect(await app.texts(first.conversationId)).toEqual(["anonymous"])
  })

  it("[P3] a parked tab that presents another person's token takes nothing there", async () => {
    const app = await world.app()
    const bob = await app.member("bob")
    await bob.send("of bob")
    const [first, second] = await twoTabs(app)
    await first.login(app.token("ann"))
    await second.signal("auth:required")
    await second.login(app.token("bob"))
    expect(second.userId).toBe(bob.userId)
    expect(second.view.texts()).toEqual(["of bob"])
    expect(first.view.texts()).toEqual(["anonymous"])
  })

  it("[P1] what a parked tab could not send is stored once after its login", async () => {
    const app = await world.app()
    const [first, second] = await twoTabs(app)
    await first.login(app.token("ann"))
    await second.signal("auth:required")
    const body = { localId: "kept", content: { type: "text", text: "kept" } }
    expect(await second.code("message:send", body)).toBe("session_consumed")
    await second.login(app.token("ann"))
    expect((await second.ask("message:send", body)).duplicate).toBe(false)
    expect((await second.ask("message:send", body)).duplicate).toBe(true)
    expect(await app.texts(second.conversationId)).toEqual(["anonymous", "kept"])
  })

  it("4.2 all tabs present the token at once", async () => {
    const app = await world.app()
    const phone = await app.member("ann")
    await phone.send("of ann")
    const [first, second] = await twoTabs(app)
    const jwt = app.token("ann")
    const outcomes = await Promise.all([first, second].map(async (tab) => (await tab.login(jwt)).outcome))
    expect(outcomes.sort()).toEqual(["merged", "signed_in"])
    await phone.send("marker")
    for (const tab of [first, second]) {
      await tab.shows("marker")
      expect(tab.userId).toBe(phone.userId)
      expect(tab.view.texts()).toEqual(["of ann", "anonymous", "marker"])
    }
    expect(phone.events.filter(({ type }) => type === "user:merge")).toHaveLength(1)
  })
})
