/** 6: an internal note never reaches an end user, by any path; agents see it everywhere. */
import { expect, it } from "vitest"
import { expectTrueConsole, openDesk, said } from "./agent-desk.ts"
import { type Device, texts } from "./person-device.ts"
import { range } from "./random.ts"
import { expectTrueView, onBoth } from "./world.ts"

/** In every note, so that a single search over all frames finds a leak. */
const SECRET = "internal-secret"

/** No frame and no answer the device ever got has a trace of a note. The strict shapes refuse `internal` besides. */
async function expectNoLeak(device: Device): Promise<void> {
  await device.settle()
  const fetched = await device.fetch()
  const listed = await device.raw("conversation:list", { limit: 100 })
  const seen = JSON.stringify([device.frames, device.state, listed, fetched])
  expect(seen).not.toContain(SECRET)
  expect(seen).not.toContain("internal")
}

onBoth("internal notes", (world) => {
  it("[P4] 6 not in the feed, not in lists, not in sync, ready or resume; not unread", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const phone = await app.member("ann")
    const { conversationId } = await desk.begins(ada, phone)
    await ada.say(conversationId, "answer")
    await phone.hears("answer")
    await phone.settle()
    const { cursor } = phone.view
    const before = (await phone.fetch())[0]
    const facts = (await phone.ask("conversation:list", {})).conversations[0]
    const kept = (await app.member("ann", { deviceId: "asleep" })).leave()
    const note = await ada.note(conversationId, SECRET)
    expect(note).toMatchObject({ internal: true, author: { type: "agent", id: "ada" } })
    await ada.hears(SECRET)
    const answer = await phone.ask("sync", { cursor })
    expect(answer).toMatchObject({ resumed: true, events: [] })
    expect((await phone.fetch())[0]).toEqual(before)
    expect((await phone.ask("conversation:list", {})).conversations[0]).toEqual(facts)
    const fresh = await app.member("ann", { on: 1, deviceId: "fresh" })
    const woken = await app.member("ann", { ...kept, on: 1 })
    expect(woken.state).toMatchObject({ resumed: true, events: [] })
    expect(fresh.view.conversations()[0]).toMatchObject({ unreadCount: 1, messages: before?.messages })
    await ada.say(conversationId, "after the note")
    for (const device of [phone, fresh, woken]) {
      await device.hears("after the note")
      await expectNoLeak(device)
    }
    // The woken device was given only what it had missed: its view has no beginning.
    for (const device of [phone, fresh]) await expectTrueView(device)
    expect((await phone.fetch())[0]?.unreadCount).toBe(2)
    expect(said(await ada.history(conversationId))).toEqual(["hello", "answer", SECRET, "after the note"])
  })

  it("[P4] 6 a note takes no place of a message: pages, latest messages and last message are full", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const phone = await app.member("ann")
    const { conversationId } = await desk.begins(ada, phone, "0")
    for (const n of range(9)) {
      await Promise.all(range(12).map((of) => ada.note(conversationId, `${SECRET} ${n}.${of}`)))
      await phone.send(`${n + 1}`)
    }
    await Promise.all(range(120).map((of) => ada.note(conversationId, `${SECRET} at the end ${of}`)))
    const all = range(10).map(String)
    for (const limit of [1, 3, 100]) {
      const paged: string[] = []
      for (let before: string | undefined; ; ) {
        const page = await phone.ask("message:list", { conversationId, limit, ...(before && { before }) })
        paged.unshift(...texts(page.messages))
        before = page.messages[0]?.position
        if (!page.more) break
        expect(page.messages).toHaveLength(limit)
      }
      expect([limit, paged]).toEqual([limit, all])
    }
    const position = (await phone.history(conversationId))[3]?.position
    const after = await phone.ask("message:list", { conversationId, after: position, limit: 3 })
    expect(texts(after.messages)).toEqual(["4", "5", "6"])
    const fresh = await app.member("ann", { on: 1 })
    const latest = fresh.view.texts()
    expect(latest.length).toBeGreaterThan(0)
    expect(latest).toEqual(all.slice(-latest.length))
    const [listed] = (await fresh.ask("conversation:list", {})).conversations
    expect(texts(listed?.lastMessage ? [listed.lastMessage] : [])).toEqual(["9"])
    await expectNoLeak(phone)
    expect(await ada.history(conversationId)).toHaveLength(10 + 9 * 12 + 120)
  })

  it("6 a note changes nothing the user could notice: order, default conversation, status, ifHead, typing", async () => {
    const { app, desk } = await openDesk(world, { conversationMode: "multi" })
    const ada = await desk.console("ada", { on: 1 })
    const phone = await app.member("ann")
    const quiet = await desk.begins(ada, phone, "older")
    await ada.say(quiet.conversationId, "answered")
    const { conversation } = await phone.ask("conversation:create", {})
    const { message } = await phone.send("newer", { conversationId: conversation.id })
    const { message: last } = await ada.say(conversation.id, "answer")
    await phone.hears("answer")
    await phone.settle()
    const before = (await phone.ask("conversation:list", {})).conversations
    expect(before[0]?.id).toBe(conversation.id)
    const { offset } = phone.view
    const frames = phone.frames.length
    await ada.note(quiet.conversationId, SECRET)
    await ada.note(conversation.id, SECRET)
    expect((await phone.ask("conversation:list", {})).conversations).toEqual(before)
    await phone.settle()
    expect(phone.view.offset).toBe(offset)
    const noticed = phone.frames.slice(frames).filter(({ name }) => name !== "presence")
    expect(noticed).toEqual([])
    await phone.send("with a head", { conversationId: conversation.id, ifHead: last.position })
    const sent = await phone.send("where it was active last")
    expect(sent.message.conversationId).toBe(conversation.id)
    expect(message.conversationId).toBe(conversation.id)
    await expectNoLeak(phone)
  })

  it("[P3] [P4] 6 notes move with a fold, and stay out of user:merge and conversation:merge", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const phone = await app.member("ann", { on: 1 })
    const web = await app.visitor()
    const known = await desk.begins(ada, phone, "phone")
    const anonymous = await desk.begins(ada, web, "web")
    await ada.note(known.conversationId, `${SECRET} 1`)
    await ada.note(anonymous.conversationId, `${SECRET} 2`)
    const asleep = (await app.member("ann", { deviceId: "asleep" })).leave()
    await web.login(app.token("ann"))
    await phone.event("user:merge")
    await ada.note(anonymous.conversationId, `${SECRET} 3`)
    const woken = await app.member("ann", { ...asleep })
    for (const device of [phone, web, woken]) {
      await expectNoLeak(device)
      expect(texts(await device.history(anonymous.conversationId))).toEqual(["phone", "web"])
    }
    const notes = (await ada.history(known.conversationId)).filter(({ internal }) => internal)
    expect(said(notes)).toEqual(range(3).map((n) => `${SECRET} ${n + 1}`))
    await expectTrueConsole(ada)

    const multi = await openDesk(world, { conversationMode: "multi" })
    const bob = await multi.desk.console("bob")
    const tablet = await multi.app.member("bea", { on: 1 })
    const first = await multi.desk.begins(bob, tablet)
    const { conversation } = await tablet.ask("conversation:create", {})
    await tablet.send("second", { conversationId: conversation.id })
    for (const id of [first.conversationId, conversation.id]) await bob.note(id, `${SECRET} in ${id}`)
    await bob.ask("conversation:join", {
      survivingId: first.conversationId,
      discardedId: conversation.id,
    })
    await tablet.event("conversation:merge")
    await expectNoLeak(tablet)
    expect((await bob.history(conversation.id)).filter(({ internal }) => internal)).toHaveLength(2)
    await expectTrueConsole(bob)
  })

  it("[P4] 6 a note answers no repeat of a user, and a user cannot write one", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const phone = await app.member("ann", { deviceId: "d" })
    const { conversationId } = await desk.begins(ada, phone)
    const { message } = await ada.say(conversationId, SECRET, { internal: true, localId: "same" })
    const own = await phone.send("mine", { localId: "same" })
    expect(own.message.id).not.toBe(message.id)
    const content = { type: "formResponse", formId: message.id, fields: [{ name: "name", value: "x" }] }
    const answer = await phone.raw("message:send", { localId: "form", conversationId, content })
    expect(JSON.stringify(answer)).not.toContain(SECRET)
    const body = { localId: "i", conversationId, content: { type: "text", text: "x" } }
    for (const internal of [true, false])
      expect(await phone.code("message:send", { ...body, internal })).toBe("bad_request")
    const plain = await ada.say(conversationId, "no note", { internal: false })
    expect(plain.message.internal).toBeUndefined()
    await phone.hears("no note")
  })
})
