/** 3.2, 3.3, 6: typing, presence and read markers, in both directions and over nodes. */
import { expect, it } from "vitest"
import { openDesk } from "./agent-desk.ts"
import type { Device } from "./person-device.ts"
import { range } from "./random.ts"
import { onBoth } from "./world.ts"

const typingOf = (device: Device): { active: boolean }[] =>
  device.frames.filter(({ name }) => name === "typing").map(({ body }) => body as { active: boolean })
const presenceOf = (device: Device): boolean[] =>
  device.frames
    .filter(({ name }) => name === "presence")
    .map(({ body }) => (body as { agentsOnline: boolean }).agentsOnline)

/** A typing signal lives this long, and the timer behind it has its grain. */
const EXPIRES = 13_000

onBoth("signals between agents and users", (world) => {
  it("3.2 a user's typing reaches the consoles on every node, and stops", async () => {
    const { app, desk } = await openDesk(world)
    const consoles = [await desk.console("ada"), await desk.console("bob", { on: 1 })]
    const web = await app.visitor()
    await web.send("hello")
    const { conversationId } = web
    await web.ask("typing:start", { conversationId })
    for (const console of consoles)
      expect(await console.signal("typing", ({ active }) => active === true)).toMatchObject({
        conversationId,
        author: { type: "user" },
      })
    await web.ask("typing:stop", { conversationId })
    for (const console of consoles) await console.signal("typing", ({ active }) => active === false)
  })

  it("3.2 an agent's typing reaches all devices of that user, and nobody else", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const devices = [await app.member("ann"), await app.member("ann", { on: 1 })]
    const stranger = await app.member("bob", { on: 1 })
    await stranger.send("of bob")
    const { message } = await (devices[0] as Device).send("hello")
    const { conversationId } = message
    await ada.ask("typing:start", { conversationId })
    for (const device of devices)
      expect(await device.signal("typing")).toMatchObject({
        ...{ conversationId, active: true },
        author: { type: "agent", id: "ada", name: "Agent ada" },
      })
    await ada.ask("typing:stop", { conversationId })
    for (const device of devices)
      await device.until("the end of typing", () => typingOf(device).some(({ active }) => !active))
    await stranger.roundTrip()
    expect(typingOf(stranger)).toEqual([])
  })

  it("3.2 typing without an end expires by itself, both ways", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const web = await app.visitor()
    await web.send("hello")
    const { conversationId } = web
    await Promise.all([
      web.ask("typing:start", { conversationId }),
      ada.ask("typing:start", { conversationId }),
    ])
    await Promise.all([
      ada.signal("typing", ({ active }) => active === false, EXPIRES),
      web.until("expired typing", () => typingOf(web).some(({ active }) => !active), EXPIRES),
    ])
  })

  it("6 a user is online as long as one of their devices is", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const phone = await app.member("ann", { on: 1 })
    const { userId } = await desk.begins(ada, phone)
    const online = async (): Promise<boolean> => (await ada.ask("user:get", { userId })).user.online
    expect(await online()).toBe(true)
    const tablet = await app.member("ann", { on: 0, deviceId: "tablet" })
    await tablet.roundTrip()
    phone.leave()
    await tablet.send("still here")
    await ada.hears("still here")
    expect(await online()).toBe(true)
    tablet.leave()
    await ada.signal("presence", (body) => body.userId === userId && body.online === false)
    expect(await online()).toBe(false)
    const seen = ada.frames.length
    const back = await app.member("ann")
    const isBack = (): boolean =>
      ada.frames.slice(seen).some(({ name, body }) => {
        const { userId: who, online: is } = (name === "presence" ? body : {}) as Record<string, unknown>
        return who === userId && is === true
      })
    await ada.until("presence of the user who is back", isBack)
    expect(await online()).toBe(true)
    expect((await ada.ask("user:get", { userId })).user.lastSeenAt).toBeGreaterThan(0)
    await back.roundTrip()
  })

  it("3.3 users hear whether any agent is there", async () => {
    const { app, desk } = await openDesk(world)
    const devices = [await app.visitor(), await app.member("ann", { on: 1 })]
    const ada = await desk.console("ada")
    for (const device of devices)
      await device.until("an agent online", () => presenceOf(device).at(-1) === true)
    const bob = await desk.console("bob", { on: 1 })
    ada.leave()
    await bob.roundTrip()
    for (const device of devices) {
      await device.roundTrip()
      expect(presenceOf(device)).not.toContain(false)
    }
    bob.leave()
    for (const device of devices)
      await device.until("no agent online", () => presenceOf(device).at(-1) === false)
  })

  it("3.2 an agent's read marker is told to the user and to the other consoles, and only moves forward", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const bob = await desk.console("bob", { on: 1 })
    const phone = await app.member("ann")
    const tablet = await app.member("ann", { on: 1 })
    const at: string[] = []
    for (const n of range(4)) at.push((await phone.send(`${n}`)).message.position)
    const { conversationId } = phone
    const read = async (position: string | undefined): Promise<number> =>
      (await ada.ask("conversation:read", { conversationId, position })).unreadCount
    expect(await read(at[1])).toBe(2)
    for (const device of [phone, tablet])
      expect((await device.event("conversation:read")).data).toEqual({
        ...{ conversationId, reader: "business", position: at[1] },
      })
    const received = await bob.event("conversation:read", ({ reader }) => reader === "business")
    expect(received.data).toMatchObject({ conversationId, userId: phone.userId, position: at[1] })
    expect(await read(at[0])).toBe(2)
    expect(await read(at[3])).toBe(0)
    expect(await read(at[2])).toBe(0)
    await tablet.event("conversation:read", ({ position }) => position === at[3])
    expect(tablet.view.conversation(conversationId)?.unreadCount).toBe(0)
  })

  it("3.4 what agents write is unread for the user until they read it, and agents see that they did", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const phone = await app.member("ann")
    const { conversationId } = await desk.begins(ada, phone)
    for (const n of range(3)) await ada.say(conversationId, `answer ${n}`)
    const { position } = await phone.hears("answer 2")
    expect((await phone.fetch())[0]?.unreadCount).toBe(3)
    expect(await phone.ask("conversation:read", { conversationId, position })).toEqual({ unreadCount: 0 })
    const { data } = await ada.event("conversation:read", (read) => read.position === position)
    expect(data).toMatchObject({ reader: "user", unreadCount: 0, userId: phone.userId })
  })
})
