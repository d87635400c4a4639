/** 3.2: `localId` names a send; whatever is repeated, wherever, is stored once. */
import { expect, it } from "vitest"
import type { Device } from "./person-device.ts"
import { range } from "./random.ts"
import { expectTrueView, onBoth } from "./world.ts"

const body = (localId: string, text = localId) => ({ localId, content: { type: "text", text } })
const again = async (device: Device, localId: string) => await device.send(localId, { localId })

onBoth("idempotency", (world) => {
  it("3.2 a repeat gives the same message and duplicate: true, whatever it says", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const first = await again(web, "a")
    expect(first).toMatchObject({ duplicate: false, message: { localId: "a" } })
    expect(await again(web, "a")).toEqual({ message: first.message, duplicate: true })
    const other = await web.ask("message:send", body("a", "another text"))
    expect(other).toEqual({ message: first.message, duplicate: true })
    expect(await app.texts(web.conversationId)).toEqual(["a"])
  })

  it("[P1] concurrent double sends on one socket store one message", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const answers = await Promise.all(range(20).map(() => again(web, "once")))
    expect(new Set(answers.map(({ message }) => message.id)).size).toBe(1)
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
    expect(await app.texts(web.conversationId)).toEqual(["once"])
    expect(web.events.filter(({ type }) => type === "conversation:message")).toHaveLength(1)
  })

  it("[P1] concurrent double sends of one device over two nodes store one message", async () => {
    const app = await world.app()
    const devices = await Promise.all([0, 1].map((on) => app.member("ann", { on, deviceId: "one" })))
    for (const n of range(10)) {
      const answers = await Promise.all(devices.map((device) => again(device, `double ${n}`)))
      expect(answers[0]?.message).toEqual(answers[1]?.message)
      expect(answers.map(({ duplicate }) => duplicate).sort()).toEqual([false, true])
    }
    expect(await app.texts(devices[0]?.conversationId ?? "")).toHaveLength(10)
  })

  it("3.2 after a reconnect, and on the other node", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const { message } = await again(web, "a")
    const { sessionToken, deviceId } = web
    web.leave()
    for (const on of [0, 1]) {
      const back = await app.visitor({ sessionToken, deviceId, on })
      expect(await again(back, "a")).toEqual({ message, duplicate: true })
    }
  })

  for (const conversationMode of ["single", "multi"])
    for (const known of [false, true])
      it(`3.2 after ${known ? "a merge" : "an upgrade"} in ${conversationMode} mode, concurrently too`, async () => {
        const app = await world.app({ conversationMode })
        const phone = known ? await app.member("ann", { on: 1, deviceId: "phone" }) : undefined
        if (phone) await again(phone, "a")
        const web = await app.visitor({ deviceId: "web" })
        const before = await Promise.all(range(5).map((n) => again(web, `${n}`)))
        const conversationId = web.conversationId
        const login = web.login(app.token("ann"))
        const during = range(5).map((n) => web.raw("message:send", { ...body(`${n}`), conversationId }))
        await login
        await Promise.all(during)
        for (const n of range(25)) {
          const answer = await again(web, `${n % 5}`)
          expect(answer).toMatchObject({ duplicate: true, message: { id: before[n % 5]?.message.id } })
        }
        const all = (await web.fetch()).flatMap(({ messages }) => messages)
        expect(all).toHaveLength(known ? 6 : 5)
        const elsewhere = await app.member("ann", { on: 1, deviceId: "web" })
        expect((await again(elsewhere, "0")).message.id).toBe(before[0]?.message.id)
        await expectTrueView(web)
      })

  it("3.2 a send for the device: another device's same localId is another message", async () => {
    const app = await world.app()
    const web = await app.member("ann", { deviceId: "web" })
    const phone = await app.member("ann", { deviceId: "phone", on: 1 })
    const [a, b] = [await again(web, "1"), await again(phone, "1")]
    expect(b.duplicate).toBe(false)
    expect(a.message.id).not.toBe(b.message.id)
  })

  it("[P3] another user's message is never returned", async () => {
    const app = await world.app()
    const ann = await app.member("ann", { deviceId: "shared" })
    const { message } = await again(ann, "1")
    const bob = await app.member("bob", { deviceId: "shared", on: 1 })
    const visitor = await app.visitor({ deviceId: "shared" })
    for (const device of [bob, visitor]) {
      const own = await again(device, "1")
      expect(own.duplicate).toBe(false)
      expect(own.message.id).not.toBe(message.id)
    }
  })

  it("3.2 two messages with one name after logout and merge back: the earliest counts", async () => {
    const app = await world.app()
    const ann = await app.member("ann", { deviceId: "web" })
    const earliest = await ann.ask("message:send", body("1", "earliest"))
    await ann.logout()
    expect((await ann.ask("message:send", body("1", "later"))).duplicate).toBe(false)
    expect((await ann.login(app.token("ann"))).outcome).toBe("merged")
    expect(ann.view.texts()).toEqual(["earliest", "later"])
    const repeat = await again(ann, "1")
    expect(repeat.duplicate).toBe(true)
    expect(repeat.message.id).toBe(earliest.message.id)
  })

  it("[P1] twenty parallel first sends on two nodes: one conversation, twenty messages", async () => {
    for (const kind of ["anonymous", "signed in"]) {
      const app = await world.app()
      const first = kind === "anonymous" ? await app.visitor() : await app.member("ann")
      const second =
        kind === "anonymous"
          ? await app.visitor({ sessionToken: first.sessionToken, deviceId: "other", on: 1 })
          : await app.member("ann", { on: 1 })
      await Promise.all(range(20).map((n) => (n % 2 ? first : second).send(`${n}`)))
      for (const device of [first, second]) {
        for (const n of range(20)) await device.shows(`${n}`)
        expect(await device.history(device.conversationId)).toHaveLength(20)
        await expectTrueView(device)
      }
    }
  })

  it("3.2 sends of one socket are stored in the order in which they were sent", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await Promise.all(range(200).map((n) => web.send(`${n}`)))
    expect(await app.texts(web.conversationId)).toEqual(range(200).map(String))
  })

  it("[P2] two devices on two nodes, 400 sends: the same order everywhere", async () => {
    const app = await world.app()
    const devices = [await app.member("ann"), await app.member("ann", { on: 1 })]
    await Promise.all(devices.flatMap((device, side) => range(200).map((n) => device.send(`${side} ${n}`))))
    for (const device of devices) {
      await device.shows("0 199")
      await device.shows("1 199")
      expect(device.view.texts()).toHaveLength(400)
      await expectTrueView(device)
    }
    expect(devices[0]?.view.texts()).toEqual(devices[1]?.view.texts())
  })

  it("3.2 conversation:create is named by its localId too", async () => {
    const app = await world.app({ conversationMode: "multi" })
    const web = await app.visitor()
    const made = await Promise.all(range(5).map(() => web.ask("conversation:create", { localId: "new" })))
    expect(new Set(made.map(({ conversation }) => conversation.id)).size).toBe(1)
    expect(await web.fetch()).toHaveLength(1)
  })

  it("8 the business repeats a localId: one message", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("hello")
    const say = (on: number) =>
      app.admin(on).say(app.id, web.conversationId, "answer", { localId: "answer-1" })
    await Promise.all([say(0), say(1), say(0)])
    await say(1)
    expect(await app.texts(web.conversationId)).toEqual(["hello", "answer"])
  })
})
