/** 3.4: unread is what the other side wrote and this reader's marker has not reached. */
import { expect, it } from "vitest"
import { THOROUGH } from "../thorough.ts"
import type { Device } from "./person-device.ts"
import { range, seeded } from "./random.ts"
import { type App, expectTrueView, onBoth } from "./world.ts"

const unread = async (device: Device): Promise<number> =>
  (await device.ask("conversation:list", {})).conversations.reduce(
    (sum, { unreadCount }) => sum + unreadCount,
    0,
  )

/** The business writes `count` messages; gives back their positions, oldest first. */
async function answers(app: App, device: Device, count: number, prefix: string): Promise<string[]> {
  const positions: string[] = []
  for (const n of range(count)) {
    await app.say(device.conversationId, `${prefix} ${n}`, n)
    positions.push((await device.hears(`${prefix} ${n}`)).position)
  }
  return positions
}
const read = async (device: Device, position: string | undefined, conversationId = device.conversationId) =>
  (await device.ask("conversation:read", { conversationId, position })).unreadCount

onBoth("unread", (world) => {
  it("3.4 the other side's messages count, one's own never, on any device", async () => {
    const app = await world.app()
    const web = await app.member("ann")
    const phone = await app.member("ann", { on: 1 })
    await web.send("question")
    expect(await unread(phone)).toBe(0)
    await answers(app, web, 3, "answer")
    for (const device of [web, phone]) {
      await device.shows("answer 2")
      expect(await unread(device)).toBe(3)
      await expectTrueView(device)
    }
    expect((await app.member("ann")).view.conversations()[0]?.unreadCount).toBe(3)
  })

  it("3.2 a marker only moves forward, and every device hears of it", async () => {
    const app = await world.app()
    const web = await app.member("ann")
    const phone = await app.member("ann", { on: 1 })
    await web.send("question")
    const at = await answers(app, web, 5, "answer")
    expect(await read(web, at[2])).toBe(2)
    const { data } = await phone.event("conversation:read", ({ reader }) => reader === "user")
    expect(data).toMatchObject({ conversationId: web.conversationId, position: at[2], unreadCount: 2 })
    expect(await read(phone, at[0])).toBe(2)
    expect(await read(web, at[2])).toBe(2)
    expect(await read(phone, at[4])).toBe(0)
    expect(await read(phone, at[1])).toBe(0)
    for (const device of [web, phone]) await expectTrueView(device)
  })

  it("3.2 a send marks everything before it as read", async () => {
    const app = await world.app()
    const web = await app.member("ann")
    const phone = await app.member("ann", { on: 1 })
    await web.send("question")
    await answers(app, web, 3, "answer")
    await web.send("thanks")
    expect(await unread(phone)).toBe(0)
    await answers(app, web, 1, "welcome")
    expect(await unread(phone)).toBe(1)
    for (const device of [web, phone]) {
      await device.shows("welcome 0")
      await expectTrueView(device)
    }
  })

  it("[P3] counts add up in a merge: unread on both sides", async () => {
    const app = await world.app()
    const phone = await app.member("ann", { on: 1 })
    await phone.send("phone")
    await answers(app, phone, 2, "to the phone")
    const web = await app.visitor()
    await web.send("web")
    await answers(app, web, 3, "to the web")
    const { state } = await web.login(app.token("ann"))
    expect(state.conversations?.map(({ unreadCount }) => unreadCount)).toEqual([5])
    await phone.event("user:merge")
    for (const device of [web, phone]) {
      expect(await unread(device)).toBe(5)
      await expectTrueView(device)
    }
  })

  it("[P3] the older part unread, the newer one read: the fold keeps both as they were", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("web")
    const older = await answers(app, web, 2, "older")
    const old = web.conversationId
    const phone = await app.member("ann", { on: 1 })
    await phone.send("phone")
    const newer = await answers(app, phone, 2, "newer")
    expect(await read(phone, newer[1])).toBe(0)
    await web.login(app.token("ann"))
    expect(await unread(web)).toBe(2)
    const history = await web.history(old)
    const find = (text: string) =>
      history.find(({ content }) => "text" in content && content.text === text)?.position
    expect(older).toHaveLength(2)
    expect(await read(web, find("older 0"), old)).toBe(1)
    expect(await read(phone, find("newer 1"))).toBe(0)
    for (const device of [web, phone]) await expectTrueView(device)
  })

  it("[P3] in multi mode every conversation keeps its own count", async () => {
    const app = await world.app({ conversationMode: "multi" })
    const phone = await app.member("ann", { on: 1 })
    await phone.send("phone")
    await answers(app, phone, 1, "to the phone")
    const web = await app.visitor()
    await web.send("web")
    const at = await answers(app, web, 4, "to the web")
    const moved = web.conversationId
    await read(web, at[1])
    await web.login(app.token("ann"))
    const counts = new Map((await phone.fetch()).map(({ id, unreadCount }) => [id, unreadCount]))
    expect(counts.get(moved)).toBe(2)
    expect([...counts.values()].sort()).toEqual([1, 2])
    await phone.event("user:merge")
    for (const device of [web, phone]) await expectTrueView(device)
  })

  it("[P3] random sends, reads and merges: count == recount", async () => {
    for (const seed of range(3 * THOROUGH)) {
      const chance = seeded(seed + 1)
      const app = await world.app()
      const phone = await app.member("ann", { on: 1 })
      await phone.send("start")
      const sides = new Set<Device>([phone])
      const models = new Map<Device, { id: string; at: string; read: boolean }[]>([[phone, []]])
      for (const step of range(40)) {
        const device = chance.pick([...sides])
        const model = models.get(device) ?? []
        const dice = chance.below(10)
        if (dice < 4) {
          const [at = ""] = await answers(app, device, 1, `step ${step}`)
          model.push({ id: (await device.hears(`step ${step} 0`)).id, at, read: false })
        } else if (dice < 6) {
          await device.send(`own ${step}`)
          for (const each of model) each.read = true
        } else if (dice < 8 && model.length > 0) {
          const { at } = chance.pick(model)
          for (const each of model) if (each.at <= at) each.read = true
          await read(device, at)
        } else if (dice === 8 && sides.size < 3) {
          const web = await app.visitor({ on: step, deviceId: `web-${step}` })
          await web.send(`web ${step}`)
          sides.add(web)
          models.set(web, [])
        } else if (device !== phone) {
          await device.login(app.token("ann"))
          const history = await phone.history(phone.conversationId)
          const at = new Map(history.map(({ id, position }) => [id, position]))
          const all = [...(models.get(phone) ?? []), ...model]
          models.set(
            phone,
            all.map((each) => ({ ...each, at: at.get(each.id) ?? "lost" })),
          )
          sides.delete(device)
          await phone.settle()
        }
        for (const side of sides) {
          const recount = models.get(side)?.filter((each) => !each.read).length
          expect([seed, step, await unread(side)]).toEqual([seed, step, recount])
        }
      }
      for (const side of sides) await expectTrueView(side)
    }
  })
})
