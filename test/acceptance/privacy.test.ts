/** [P4]: other people's ids, sessions, devices and addresses open nothing. */
import { expect, it } from "vitest"
import { range } from "./random.ts"
import { type App, onBoth } from "./world.ts"

/** Every command that takes an id, given this one. */
const touching = (conversationId: string, position: string): [string, Record<string, unknown>][] => [
  [
    "message:send",
    { localId: crypto.randomUUID(), conversationId, content: { type: "text", text: "intruder" } },
  ],
  ["message:list", { conversationId }],
  ["message:list", { conversationId, before: position, limit: 1 }],
  ["conversation:read", { conversationId, position }],
  ["typing:start", { conversationId }],
  ["typing:stop", { conversationId }],
]

async function withSecret(app: App) {
  const ann = await app.member("ann", { deviceId: "ann-phone" })
  const { message } = await ann.send("secret")
  return { ann, message, conversationId: ann.conversationId }
}

onBoth("privacy", (world) => {
  it("[P4] every command with another person's conversation answers as if there were none", async () => {
    for (const conversationMode of ["single", "multi"]) {
      const app = await world.app({ conversationMode })
      const { ann, message, conversationId } = await withSecret(app)
      const strangers = [
        await app.member("bob", { on: 1 }),
        await app.visitor(),
        await (await world.app()).visitor(),
      ]
      for (const stranger of strangers) {
        await stranger.send("own")
        for (const [name, body] of touching(conversationId, message.position)) {
          const foreign = await stranger.refused(name, body)
          const none = await stranger.refused(name, { ...body, conversationId: "con_doesnotexist0000000000" })
          expect(["not_found", "forbidden"]).toContain(foreign.code)
          expect(foreign.code).toBe(none.code)
          expect(foreign.message).not.toContain("secret")
        }
        await stranger.settle()
        expect(JSON.stringify(stranger.frames)).not.toContain(conversationId)
      }
      expect(await app.texts(conversationId)).toEqual(["secret"])
      await ann.settle()
      expect(ann.frames.filter(({ name }) => name === "typing")).toEqual([])
    }
  })

  it("[P4] the alias of another person's conversation opens nothing either", async () => {
    const app = await world.app()
    const { message } = await withSecret(app)
    const web = await app.visitor({ on: 1 })
    await web.send("anonymous secret")
    const alias = web.conversationId
    await web.login(app.token("ann"))
    const bob = await app.member("bob")
    for (const [name, body] of touching(alias, message.position))
      expect(["not_found", "forbidden"]).toContain(await bob.code(name, body))
    await web.logout()
    for (const [name, body] of touching(alias, message.position))
      expect(["not_found", "forbidden"]).toContain(await web.code(name, body))
  })

  it("[P4] after switched and after logout the old person's ids are foreign on the same socket", async () => {
    const app = await world.app()
    const { ann, message, conversationId } = await withSecret(app)
    await ann.login(app.token("bob"))
    for (const [name, body] of touching(conversationId, message.position))
      expect(["not_found", "forbidden"]).toContain(await ann.code(name, body))
    const frames = ann.frames.length
    await app.say(conversationId, "for ann only")
    await ann.settle()
    expect(ann.frames.slice(frames)).toEqual([])
  })

  it("[P4] only the session token claims: a device id alone opens nothing", async () => {
    const app = await world.app()
    const web = await app.visitor({ deviceId: "known-device" })
    await web.send("secret")
    const thief = await app.visitor({ deviceId: "known-device", on: 1 })
    expect(thief.userId).not.toBe(web.userId)
    expect(thief.view.texts()).toEqual([])
    await thief.login(app.token("thief"))
    expect(thief.view.texts()).toEqual([])
    await web.send("still mine")
  })

  it("[P3] 4.5 an email typed into a form merges no users and shows nothing", async () => {
    const app = await world.app()
    const ann = await app.visitor({
      jwt: app.token("ann", { email: "ann@example.org", email_verified: true }),
    })
    await ann.send("secret")
    const before = await app.user(ann.userId)
    const bob = await app.visitor({ on: 1 })
    await bob.ask("profile:update", { email: "ann@example.org", name: "Ann" })
    await bob.send("of bob")
    expect(bob.userId).not.toBe(ann.userId)
    expect(bob.view.texts()).toEqual(["of bob"])
    expect(bob.view.user?.profile.emailVerified ?? false).toBe(false)
    expect((await app.user(ann.userId)).profile).toEqual(before.profile)
    await bob.login(app.token("bob"))
    expect(bob.userId).not.toBe(ann.userId)
    expect(bob.view.texts()).toEqual(["of bob"])
  })

  it("[P4] what is said to one is heard by one, among many", async () => {
    const app = await world.app()
    const all = await Promise.all(range(20).map((on) => app.visitor({ on, deviceId: `d${on}` })))
    await Promise.all(all.map((visitor, n) => visitor.send(`mine ${n}`)))
    await Promise.all(all.map((visitor, n) => app.say(visitor.conversationId, `for ${n}`, n)))
    for (const [n, visitor] of all.entries()) {
      await visitor.shows(`for ${n}`)
      expect(visitor.view.texts()).toEqual([`mine ${n}`, `for ${n}`])
    }
  })

  it("[P4] an app cannot reach into another through the admin paths", async () => {
    const [app, other] = [await world.app(), await world.app()]
    const { ann, conversationId } = await withSecret(app)
    const admin = other.admin()
    const path = `/v1/apps/${other.id}`
    expect(await admin.code("GET", `${path}/users/${ann.userId}`)).toBe("not_found")
    expect(await admin.code("GET", `${path}/conversations/${conversationId}`)).toBe("not_found")
    expect(await admin.code("GET", `${path}/conversations/${conversationId}/messages`)).toBe("not_found")
    const content = { type: "text", text: "x" }
    const message = { localId: "x", author: { type: "bot", id: "b" }, content }
    expect(await admin.code("POST", `${path}/conversations/${conversationId}/messages`, message)).toBe(
      "not_found",
    )
    expect(await app.texts(conversationId)).toEqual(["secret"])
  })

  it("3.2 typing is answered, and never stored", async () => {
    const app = await world.app()
    const { ann, conversationId } = await withSecret(app)
    for (const name of ["typing:start", "typing:stop", "typing:start"] as const)
      expect(await ann.ask(name, { conversationId })).toEqual({})
    const { offset } = ann.view
    await ann.settle()
    expect(ann.view.offset).toBe(offset)
  })
})
