/** 7: the default responder asks visitors for name and email, once; bots write through the admin API. */
import { expect, it } from "vitest"
import { openDesk } from "./agent-desk.ts"
import type { Device } from "./person-device.ts"
import { range } from "./random.ts"
import type { Message } from "./shapes.ts"
import { expectTrueView, onBoth } from "./world.ts"

const ASKS = { defaultResponder: { enabled: true, askFor: ["name", "email"] } }

const isForm = ({ content }: Message): boolean => content.type === "form"
const asked = ({ content }: Message): string[] =>
  content.type === "form" ? content.fields.map(({ name }) => name).sort() : []

/** The form the responder sent to this device. */
const form = async (device: Device, fits: (message: Message) => boolean = () => true): Promise<Message> => {
  const is = ({ message }: { message: Message }): boolean => isForm(message) && fits(message)
  return (await device.event("conversation:message", is)).data.message
}
const forms = async (device: Device): Promise<Message[]> => {
  await device.settle()
  return (await device.fetch()).flatMap(({ messages }) => messages.filter(isForm))
}
const response = (formId: string, values: Record<string, string>) => {
  const fields = Object.entries(values).map(([name, value]) => ({ name, value }))
  return { content: { type: "formResponse", formId, fields } }
}

onBoth("the default responder", (world) => {
  it("7 a visitor is asked for name and email; the answer fills the profile, unverified; and never again", async () => {
    const { app, desk } = await openDesk(world, { ...ASKS, conversationMode: "multi" })
    const ada = await desk.console("ada", { on: 1 })
    const web = await app.visitor()
    const { id, userId } = await desk.begins(ada, web)
    const question = await form(web)
    expect(question).toMatchObject({ author: { type: "bot" }, authenticated: false })
    expect(asked(question)).toEqual(["email", "name"])
    await ada.event("conversation:message", ({ message }) => message.id === question.id)
    expect((await ada.get(id)).status).toBe("new")

    const values = { name: "Ann", email: "ann@example.org" }
    const { conversationId } = question
    const localId = "answer"
    const body = { conversationId, localId, ...response(question.id, values) }
    await web.ask("message:send", body)
    const { data } = await web.event("user:update")
    expect(data).toMatchObject({ reason: "profile", user: { authenticated: false, profile: values } })
    expect(data.user.profile.emailVerified ?? false).toBe(false)
    const received = await ada.event("user:update")
    expect(received.data).toMatchObject({ userId, reason: "profile", user: { profile: values } })
    const { user } = await ada.ask("user:get", { userId })
    expect(user).toMatchObject({ authenticated: false, profile: values })

    const { conversation } = await web.ask("conversation:create", {})
    await web.send("something else", { conversationId: conversation.id })
    expect(await forms(web)).toHaveLength(1)
    await expectTrueView(web)
  })

  it.each<[string, Record<string, string>]>([
    ["a blank answer", { name: "  ", email: "" }],
    ["characters that show nothing", { name: "\u200b\u00a0" }],
    ["an answer to what nobody asked", { colour: "green" }],
  ])("7 %s is a message and leaves the form to be answered", async (_, values) => {
    const { app, desk } = await openDesk(world, ASKS)
    const ada = await desk.console("ada", { on: 1 })
    const web = await app.visitor()
    const { conversationId, userId } = await desk.begins(ada, web)
    const { id } = await form(web)
    const answer = (localId: string, answered: Record<string, string>) =>
      web.ask("message:send", { conversationId, localId, ...response(id, answered) })
    const { message } = await answer("nothing", values)
    await web.until("the answer", () => web.view.has(message.id))
    expect((await ada.ask("user:get", { userId })).user.profile).toEqual({})
    await answer("to another form", values)
    await answer("something", { name: "Ann" })
    await web.event("user:update")
    expect((await ada.ask("user:get", { userId })).user.profile).toMatchObject({ name: "Ann" })
    expect(await forms(web)).toHaveLength(1)
  })

  it("7 only what is missing is asked for", async () => {
    const { app } = await openDesk(world, ASKS)
    const web = await app.visitor()
    await web.ask("profile:update", { name: "Ann" })
    await web.send("hello")
    expect(asked(await form(web))).toEqual(["email"])
    const full = await app.visitor({ on: 1 })
    await full.ask("profile:update", { name: "Bob", email: "bob@example.org" })
    await full.send("hello")
    expect(await forms(full)).toEqual([])
    const one = await openDesk(world, { defaultResponder: { enabled: true, askFor: ["name"] } })
    const short = await one.app.visitor()
    await short.send("hello")
    expect(asked(await form(short))).toEqual(["name"])
  })

  it("7 an authenticated person is never asked, whatever the profile lacks", async () => {
    const { app } = await openDesk(world, ASKS)
    const phone = await app.member("ann")
    await phone.send("hello")
    const web = await app.visitor({ on: 1 })
    await web.login(app.token("bob"))
    await web.send("hello")
    for (const device of [phone, web]) expect(await forms(device)).toEqual([])
  })

  it("7 it is off unless it is switched on", async () => {
    const { app } = await openDesk(world)
    const web = await app.visitor()
    await web.send("hello")
    expect(await forms(web)).toEqual([])
    const settings = { defaultResponder: { enabled: false, askFor: ["name", "email"] } }
    const off = await openDesk(world, settings)
    const other = await off.app.visitor()
    await other.send("hello")
    expect(await forms(other)).toEqual([])
    await off.app.admin().call("PATCH", `/v1/apps/${off.app.id}`, { settings: ASKS })
    const late = await off.app.visitor()
    await late.send("hello")
    await form(late)
  })

  it("7 one question, however many first messages there are at once", async () => {
    const { app, desk } = await openDesk(world, ASKS)
    const ada = await desk.console("ada", { on: 1 })
    const web = await app.visitor()
    const body = { localId: "twice", content: { type: "text", text: "twice" } }
    await Promise.all([
      ...range(5).map((n) => web.send(`${n}`)),
      web.ask("message:send", body),
      web.ask("message:send", body),
    ])
    await form(web)
    await web.send("and more")
    expect(await forms(web)).toHaveLength(1)
    await ada.say(web.conversationId, "a person answers")
    await web.hears("a person answers")
    expect(await forms(web)).toHaveLength(1)
  })

  it("7 only an answer to its own form fills the profile", async () => {
    const { app } = await openDesk(world, ASKS)
    const [web, other] = [await app.visitor(), await app.visitor({ on: 1 })]
    await web.send("hello")
    await other.send("hello")
    const foreign = await form(other)
    const own = await form(web)
    const text = web.view.conversations()[0]?.messages[0]?.id ?? ""
    for (const formId of [foreign.id, text, "msg_doesnotexist0000000000"])
      await web.raw("message:send", { localId: `to ${formId}`, ...response(formId, { name: "Eve" }) })
    expect((await app.user(web.userId)).profile.name).toBeUndefined()
    expect((await app.user(other.userId)).profile.name).toBeUndefined()
    await web.ask("message:send", { localId: "right", ...response(own.id, { name: "Ann" }) })
    await web.event("user:update", ({ user }) => user.profile.name === "Ann")
  })

  it("4.5 an address typed into the form verifies no email and merges no users", async () => {
    const { app, desk } = await openDesk(world, ASKS)
    const ada = await desk.console("ada", { on: 1 })
    const claims = { email: "ann@example.org", email_verified: true }
    const ann = await app.visitor({ jwt: app.token("ann", claims), channel: "ios" })
    await ann.send("secret")
    const web = await app.visitor()
    await web.send("hello")
    const question = await form(web)
    const body = { localId: "a", ...response(question.id, { name: "Ann", email: "ann@example.org" }) }
    await web.ask("message:send", body)
    await web.event("user:update")
    const { user } = await ada.ask("user:get", { userId: web.userId })
    expect(user.authenticated).toBe(false)
    expect(user.profile.emailVerified ?? false).toBe(false)
    expect(web.userId).not.toBe(ann.userId)
    expect(JSON.stringify(web.frames)).not.toContain("secret")
  })

  it("8 a bot speaks through the admin API to user and agents", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const web = await app.visitor()
    const { conversationId, id } = await desk.begins(ada, web)
    const author = { type: "bot", id: "bot-1", name: "Bot" }
    await app.admin(1).say(app.id, conversationId, "beep", { author })
    expect((await web.hears("beep")).author).toEqual(author)
    expect((await ada.hears("beep")).author).toEqual(author)
    expect((await ada.get(id)).status).toBe("new")
  })

  it("7 name and email of a signed-in person are with the agents at once", async () => {
    const { app, desk } = await openDesk(world, ASKS)
    const ada = await desk.console("ada", { on: 1 })
    const claims = { name: "Ann Example", email: "ann@example.org", email_verified: true }
    const phone = await app.visitor({ jwt: app.token("ann", claims), channel: "android" })
    const { id } = await desk.begins(ada, phone)
    const profile = { name: "Ann Example", email: "ann@example.org", emailVerified: true }
    const { user } = await ada.ask("ticket:get", { ticketId: id })
    expect(user).toMatchObject({ authenticated: true, externalId: "ann", profile })
    await phone.login(app.token("ann", { ...claims, name: "Ann New" }))
    const renamed = await ada.event("user:update", (received) => received.user.profile.name === "Ann New")
    expect(renamed.data.userId).toBe(phone.userId)
  })
})
