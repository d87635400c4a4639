/** 4.2, single-conversation mode: two histories become one, told live to every device. */
import { expect, it } from "vitest"
import { type Device, texts } from "./person-device.ts"
import { range } from "./random.ts"
import { type App, expectTrueView, onBoth } from "./world.ts"

/** Ann on her phone on one node, and Ann not yet known in a browser on the other, both with a history. */
async function twoSides(app: App): Promise<{ phone: Device; web: Device; old: string; into: string }> {
  const phone = await app.member("ann", { on: 1 })
  const web = await app.visitor()
  await phone.send("phone 1")
  await web.send("web 1")
  await phone.send("phone 2")
  await web.send("web 2")
  return { phone, web, old: web.conversationId, into: phone.conversationId }
}
const BOTH = ["phone 1", "web 1", "phone 2", "web 2"]

onBoth("merge in single-conversation mode", (world) => {
  it("[P3] one history, ordered by time of receipt", async () => {
    const app = await world.app()
    const { phone, web, into } = await twoSides(app)
    const discarded = web.userId
    const { outcome, state } = await web.login(app.token("ann"))
    expect(outcome).toBe("merged")
    expect(state.user.id).toBe(phone.userId)
    expect(state.conversations).toHaveLength(1)
    expect(state.conversations?.[0]).toMatchObject({ id: into, isDefault: true })
    expect(web.view.texts()).toEqual(BOTH)
    const history = await web.history(into)
    expect(texts(history)).toEqual(BOTH)
    expect(new Set(history.map(({ position }) => position.length)).size).toBe(1)
    const times = history.map(({ receivedAt }) => receivedAt)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(history.map(({ conversationId }) => conversationId)).toEqual(BOTH.map(() => into))
    expect(history.map(({ authenticated }) => authenticated)).toEqual([true, false, true, false])
    expect((await app.user(discarded)).id).toBe(phone.userId)
    await expectTrueView(web)
  })

  it("[P2] the other devices get user:merge live, with what it brought", async () => {
    const app = await world.app()
    const { phone, web, old, into } = await twoSides(app)
    const discarded = web.userId
    await web.login(app.token("ann"))
    const { data } = await phone.event("user:merge")
    expect(data).toMatchObject({
      reason: "sdkLogin",
      mergedUsers: { surviving: { id: phone.userId, externalId: "ann" }, discarded: { id: discarded } },
      mergedConversations: [{ surviving: into, discarded: old }],
    })
    expect(data.conversations.map(({ id }) => id)).toEqual([into])
    expect(phone.view.texts()).toEqual(BOTH)
    await expectTrueView(phone)
  })

  it("[P2] answers of the business reach every device after the merge, through either id and either node", async () => {
    const app = await world.app()
    const { phone, web, old, into } = await twoSides(app)
    await web.login(app.token("ann"))
    for (const [n, id] of [old, into, old].entries()) await app.say(id, `answer ${n}`, n)
    for (const device of [phone, web]) {
      expect((await device.hears("answer 2")).conversationId).toBe(into)
      await expectTrueView(device)
    }
  })

  it("[P5] the old conversation id goes on working everywhere, also after a second fold", async () => {
    const app = await world.app()
    const { phone, web, old, into } = await twoSides(app)
    await web.login(app.token("ann"))
    const tablet = await app.visitor({ on: 1, deviceId: "tablet" })
    await tablet.send("tablet 1")
    const older = tablet.conversationId
    await tablet.login(app.token("ann"))
    for (const [n, id] of [old, older].entries()) {
      const { message } = await phone.send(`to an old id ${n}`, { conversationId: id })
      expect(message.conversationId).toBe(into)
      expect(texts(await phone.history(id))).toContain("tablet 1")
      expect(
        await phone.ask("conversation:read", { conversationId: id, position: message.position }),
      ).toEqual({
        unreadCount: 0,
      })
      expect(await phone.ask("typing:start", { conversationId: id })).toEqual({})
      expect(await phone.ask("typing:stop", { conversationId: id })).toEqual({})
      expect((await app.admin().conversation(app.id, id)).id).toBe(into)
      expect((await app.texts(id)).slice(0, 5)).toEqual([...BOTH, "tablet 1"])
    }
  })

  it("[P5] ids merged away resolve to the survivor over any number of hops", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("0")
    const users = [web.userId]
    const conversations = [web.conversationId]
    await web.login(app.token("person-0"))
    for (const n of range(4)) {
      const next = await app.member(`person-${n + 1}`, { on: n })
      await next.send(`${n + 1}`)
      users.push(next.userId)
      conversations.push(next.conversationId)
      await app.merge(next.userId, users[n] ?? "", n)
    }
    const last = users.at(-1)
    const home = conversations.at(-1)
    for (const id of users) expect((await app.user(id)).id).toBe(last)
    for (const id of conversations) expect((await app.admin(1).conversation(app.id, id)).id).toBe(home)
    for (const n of range(5)) {
      const device = await app.member(`person-${n}`, { on: n })
      expect(device.userId).toBe(last)
      expect(texts(await device.history(conversations[0] ?? ""))).toEqual(range(5).map(String))
    }
  })

  it("3.2 paging through a fold neither skips nor repeats, in both directions", async () => {
    const app = await world.app()
    const phone = await app.member("ann", { on: 1 })
    const web = await app.visitor()
    await Promise.all(
      [phone, web].flatMap((device, side) => range(30).map((n) => device.send(`${side}-${n}`))),
    )
    await web.login(app.token("ann"))
    const all = await web.history(web.conversationId, 100)
    expect(new Set(texts(all)).size).toBe(60)
    expect(await web.history(web.conversationId, 7)).toEqual(all)
    const forward = all.slice(0, 1)
    for (let more = true; more; ) {
      const body = { conversationId: web.conversationId, limit: 7, after: forward.at(-1)?.position }
      const page = await web.ask("message:list", body)
      forward.push(...page.messages)
      more = page.more
    }
    expect(forward).toEqual(all)
  })

  it("[P1] sends in flight from the other device land exactly once in the survivor", async () => {
    const app = await world.app()
    const { phone, web, old } = await twoSides(app)
    const sends = range(30).map((n) => phone.send(`phone flight ${n}`))
    const says = range(10).map((n) => app.say(old, `agent flight ${n}`, n))
    const login = web.login(app.token("ann"))
    await Promise.all([...sends, ...says, login])
    await phone.send("marker")
    for (const device of [phone, web]) {
      await device.shows("marker")
      await expectTrueView(device)
    }
    expect(new Set(web.view.texts()).size).toBe(45)
    expect(web.view.texts()).toHaveLength(45)
  })

  it("4.2 profile and metadata: the survivor's win, the discarded one's fill holes", async () => {
    const app = await world.app()
    const { phone, web } = await twoSides(app)
    await phone.ask("profile:update", { name: "Ann", metadata: { plan: "gold" } })
    await web.ask("profile:update", {
      name: "Visitor",
      locale: "fr",
      metadata: { plan: "none", page: "/prices" },
    })
    const { state } = await web.login(app.token("ann"))
    expect(state.user.profile).toMatchObject({ name: "Ann", locale: "fr" })
    expect(state.user.metadata).toEqual({ plan: "gold", page: "/prices" })
    await phone.event("user:merge")
    expect(phone.view.user).toEqual(web.view.user)
  })

  it("4.2 the anonymous conversation becomes the one of a known user who had none", async () => {
    const app = await world.app()
    const phone = await app.member("ann", { on: 1 })
    await phone.ask("profile:update", { name: "Ann" })
    const web = await app.visitor()
    await web.send("web 1")
    const old = web.conversationId
    expect((await web.login(app.token("ann"))).outcome).toBe("merged")
    await phone.send("phone 1")
    for (const device of [phone, web]) {
      await device.shows("phone 1")
      expect(device.view.texts()).toEqual(["web 1", "phone 1"])
      await expectTrueView(device)
    }
    expect(await app.texts(old)).toEqual(["web 1", "phone 1"])
  })

  it("[P2] a merge under a running dialogue: no device reconnects, nothing is missing", async () => {
    const app = await world.app()
    const { phone, web, into } = await twoSides(app)
    let login: Promise<unknown> = Promise.resolve()
    for (const n of range(20)) {
      if (n === 10) login = web.login(app.token("ann"))
      await Promise.all([phone.send(`p${n}`), app.say(into, `a${n}`, n)])
    }
    await login
    for (const device of [phone, web]) {
      await device.shows("p19")
      await device.shows("a19")
      expect(device.disconnects).toBe(0)
      await expectTrueView(device)
    }
  })

  it("3.1 a merge of long conversations stays below 256 KB a frame and says more", async () => {
    const app = await world.app()
    const phone = await app.member("ann", { on: 1 })
    const web = await app.visitor()
    const long = "漢".repeat(4000)
    await Promise.all([phone, web].flatMap((device) => range(40).map((n) => device.send(`${n}${long}`))))
    const { state } = await web.login(app.token("ann"))
    expect(state.conversations?.[0]?.more).toBe(true)
    const { data } = await phone.event("user:merge")
    expect(data.conversations[0]?.more).toBe(true)
    expect(await web.history(web.conversationId)).toHaveLength(80)
    for (const device of [phone, web]) await expectTrueView(device)
  })
})
