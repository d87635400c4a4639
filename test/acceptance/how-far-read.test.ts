/** 3.4: a conversation says how far each side has read, so that "seen" and "new messages" survive a reload. */
import { expect, it } from "vitest"
import { openDesk } from "./agent-desk.ts"
import type { Device } from "./person-device.ts"
import { range } from "./random.ts"
import { expectTrueView, onBoth } from "./world.ts"

/** The hub's heart beats every 25 s; a device hears of the feed at each beat. */
const HEARTBEAT_MS = 40_000

const positions = (device: Device): string[] =>
  device.view.conversations()[0]?.messages.map(({ position }) => position) ?? []

onBoth("what was read, and how far the feed has come", (world) => {
  it("3.4 a conversation that was just begun is unread on both sides; a send marks everything before it", async () => {
    const app = await world.app()
    const web = await app.member("ann")
    await web.send("one")
    await app.say(web.conversationId, "answer")
    await web.shows("answer")
    const [one, answer] = positions(web)
    const fresh = await app.member("ann", { on: 1 })
    expect(fresh.state?.conversations?.[0]?.readTo).toEqual({ user: one, business: answer })
    await web.send("two")
    await web.shows("two")
    expect((await app.member("ann")).state?.conversations?.[0]?.readTo).toEqual({
      user: positions(web)[2],
      business: answer,
    })
    await expectTrueView(web)
  })

  it("3.4 markers of both sides stand where they were put, on every device and after a reload", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const web = await app.member("ann")
    for (const n of range(3)) await web.send(`${n}`)
    await web.shows("2")
    const [, second] = positions(web)
    await ada.ask("conversation:read", { conversationId: web.conversationId, position: second })
    await web.event("conversation:read", ({ reader }) => reader === "business")
    for (const n of range(2)) await app.say(web.conversationId, `answer ${n}`, n)
    await web.shows("answer 1")
    const at = positions(web)
    await web.ask("conversation:read", { conversationId: web.conversationId, position: at[3] })
    const again = await app.member("ann", { on: 1 })
    expect(again.state?.conversations?.[0]).toMatchObject({
      unreadCount: 1,
      readTo: { user: at[3], business: at[4] },
    })
    await expectTrueView(web)
  })

  it("3.3 a heartbeat tells how far this node has told the feed", async () => {
    const app = await world.app()
    const web = await app.member("ann")
    const phone = await app.member("ann", { on: 1 })
    await web.send("one")
    await phone.shows("one")
    for (const device of [web, phone]) {
      const head = await device.signal("head", HEARTBEAT_MS)
      expect(head).toEqual({ offset: device.view.offset })
    }
  }, 60_000)

  it("3.1 a state says where the conversations that it does not hold begin", async () => {
    const app = await world.app({ conversationMode: "multi" })
    const web = await app.member("ann")
    for (const n of range(27)) await web.ask("conversation:create", { localId: `${n}` })
    const { state } = await app.member("ann", { on: 1 })
    expect(state?.conversations).toHaveLength(25)
    const rest = await web.ask("conversation:list", { before: state?.next })
    expect(rest.conversations).toHaveLength(2)
    const all = [...(state?.conversations ?? []), ...rest.conversations].map(({ id }) => id)
    expect(new Set(all).size).toBe(27)
  })
})
