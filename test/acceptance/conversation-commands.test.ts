/** 3.2: what a user does with conversations, profile and contents. */
import { expect, it } from "vitest"
import { range } from "./random.ts"
import { expectTrueView, onBoth } from "./world.ts"

const sendOf = (content: unknown, more: Record<string, unknown> = {}) => ({ localId: "x", content, ...more })
const text = (value: unknown) => ({ type: "text", text: value })

onBoth("conversation", (world) => {
  it("3.2 conversation:create gives the existing one in single mode, a new one in multi mode", async () => {
    const single = await (await world.app()).visitor()
    const first = await single.ask("conversation:create", {})
    expect(first.conversation).toMatchObject({ isDefault: true, status: "open", unreadCount: 0 })
    expect((await single.ask("conversation:create", {})).conversation.id).toBe(first.conversation.id)
    await single.send("hello")
    expect(single.conversationId).toBe(first.conversation.id)

    const multi = await (await world.app({ conversationMode: "multi" })).visitor()
    const ids = new Set<string>()
    for (const n of range(3)) {
      const { conversation } = await multi.ask("conversation:create", { metadata: { n } })
      expect(conversation.metadata).toEqual({ n })
      ids.add(conversation.id)
    }
    expect(ids.size).toBe(3)
    await multi.settle()
    await expectTrueView(multi)
  })

  it("3.2 without conversationId a message goes to the most recently active conversation", async () => {
    const app = await world.app({ conversationMode: "multi" })
    const web = await app.visitor()
    const [a, b] = await Promise.all(range(2).map((n) => web.ask("conversation:create", { localId: `${n}` })))
    if (!a || !b) throw new Error("two conversations")
    for (const { conversation } of [a, b, a]) {
      await web.send("here", { conversationId: conversation.id })
      expect((await web.send("there")).message.conversationId).toBe(conversation.id)
    }
    await app.say(b.conversation.id, "the business is active too")
    await web.shows("the business is active too")
    expect((await web.send("answer")).message.conversationId).toBe(b.conversation.id)
  })

  it("3.2 conversation:list: latest activity first, page by page", async () => {
    const app = await world.app({ conversationMode: "multi" })
    const web = await app.visitor()
    const ids: string[] = []
    for (const n of range(7)) {
      const { conversation } = await web.ask("conversation:create", { localId: `${n}` })
      await web.send(`${n}`, { conversationId: conversation.id })
      ids.unshift(conversation.id)
    }
    const seen: string[] = []
    for (let before: string | undefined, pages = 0; pages < 7; pages++) {
      const page = await web.ask("conversation:list", { limit: 3, ...(before && { before }) })
      expect(page.conversations.length).toBeLessThanOrEqual(3)
      seen.push(...page.conversations.map(({ id }) => id))
      before = page.next
      if (!before) break
    }
    expect(seen).toEqual(ids)
  })

  it("3.2 message:list: the latest page, before and after, oldest first", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const sent = await Promise.all(range(60).map((n) => web.send(`${n}`)))
    const conversationId = web.conversationId
    const at = (n: number) => sent[n]?.message.position
    const list = async (bounds: Record<string, unknown>) => {
      const { messages, more } = await web.ask("message:list", { conversationId, ...bounds })
      return [messages.map(({ content }) => (content.type === "text" ? Number(content.text) : -1)), more]
    }
    const between = (from: number, to: number) => range(to - from).map((n) => n + from)
    expect(await list({})).toEqual([between(10, 60), true])
    expect(await list({ limit: 100 })).toEqual([between(0, 60), false])
    expect(await list({ before: at(10), limit: 4 })).toEqual([between(6, 10), true])
    expect(await list({ before: at(3) })).toEqual([between(0, 3), false])
    expect(await list({ after: at(10), limit: 4 })).toEqual([between(11, 15), true])
    expect(await list({ after: at(57) })).toEqual([between(58, 60), false])
    expect(await list({ after: at(10), before: at(13) })).toEqual([[11, 12], false])
    for (const limit of [0, 101, -1, 1.5, "10"])
      expect(await web.code("message:list", { conversationId, limit })).toBe("bad_request")
  })

  it("3.2 ifHead: refused with conflict if another party's message is newer, not for one's own", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const { message } = await web.send("question")
    await web.send("another", { ifHead: message.position })
    await app.say(web.conversationId, "answer")
    const answer = await web.hears("answer")
    expect(await web.code("message:send", sendOf(text("late"), { ifHead: message.position }))).toBe(
      "conflict",
    )
    await web.send("in time", { ifHead: answer.position })
    expect(await app.texts(web.conversationId)).toEqual(["question", "another", "answer", "in time"])
  })

  it("[P2] profile:update reaches all devices as user:update, reason profile", async () => {
    const app = await world.app()
    const web = await app.member("ann")
    const phone = await app.member("ann", { on: 1 })
    const { user } = await web.ask("profile:update", {
      name: "Ann",
      locale: "de-AT",
      metadata: { vip: true, age: 7 },
    })
    expect(user).toMatchObject({ profile: { name: "Ann", locale: "de-AT" }, metadata: { vip: true, age: 7 } })
    const { data } = await phone.event("user:update", ({ reason }) => reason === "profile")
    expect(data.user).toEqual(user)
    expect((await app.member("ann")).view.user).toEqual(user)
    expect((await app.holder("ann")).profile.name).toBe("Ann")
  })

  it("3.2 metadata is flat and at most 4096 bytes", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const { message } = await web.send("with", { metadata: { order: "A-7", total: 12.5, paid: false } })
    expect(message.metadata).toEqual({ order: "A-7", total: 12.5, paid: false })
    for (const metadata of [
      { deep: { er: 1 } },
      { list: [1] },
      { none: null },
      [1],
      "x",
      { long: "x".repeat(4096) },
    ])
      for (const [name, body] of [
        ["message:send", sendOf(text("x"), { metadata })],
        ["profile:update", { metadata }],
        ["conversation:create", { metadata }],
      ] as const)
        expect([name, await web.code(name, body)]).toEqual([name, "bad_request"])
    expect(web.view.user?.metadata ?? {}).toEqual({})
  })

  it("3.2 contents: stored as they were sent, or refused", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const contents = [
      text("x".repeat(4096)),
      {
        type: "image",
        url: "https://example.org/ü.png?a=1#b",
        name: "ü.png",
        mediaType: "image/png",
        size: 7,
      },
      { type: "file", url: "https://example.org/file" },
    ]
    for (const [n, content] of contents.entries()) {
      const { message } = await web.ask("message:send", { localId: `${n}`, content })
      expect(message.content).toEqual(content)
    }
    expect((await web.history(web.conversationId)).map(({ content }) => content)).toEqual(contents)
    for (const content of [
      text(""),
      text("x".repeat(4097)),
      text(7),
      { type: "text" },
      { type: "text", text: "x", html: "<b>" },
      { type: "video", url: "https://example.org" },
      { type: "image" },
      ...["https://", "https://[", "https://a b", "https://a\n", "https://u@a", "https://a\\@b"].map(
        (url) => ({
          type: "file",
          url,
        }),
      ),
      { type: "form", fields: [{ name: "n", label: "N", type: "text" }] },
      { type: "formResponse", formId: "msg_none" },
      "x",
      null,
    ])
      expect(["bad_request", "forbidden"]).toContain(await web.code("message:send", sendOf(content)))
    expect(await web.history(web.conversationId)).toHaveLength(3)
  })

  it("3.2 localId has 1 to 64 characters", async () => {
    const app = await world.app()
    const web = await app.visitor()
    for (const localId of ["", "x".repeat(65), 7, null, undefined])
      expect(await web.code("message:send", { localId, content: text("x") })).toBe("bad_request")
    await web.send("x", { localId: "x".repeat(64) })
  })

  it("3.4 a message tells where it came from", async () => {
    const app = await world.app()
    const phone = await app.visitor({ channel: "android", deviceId: "pixel" })
    const { message } = await phone.send("hello")
    expect(message).toMatchObject({
      author: { type: "user" },
      source: { channel: "android", deviceId: "pixel" },
      authenticated: false,
    })
    expect(Math.abs(message.receivedAt - Date.now())).toBeLessThan(10_000)
    await app
      .admin()
      .say(app.id, phone.conversationId, "beep", { author: { type: "bot", id: "b1", name: "Bot" } })
    expect(await phone.hears("beep")).toMatchObject({
      author: { type: "bot", name: "Bot" },
      authenticated: false,
    })
  })

  it("3.2 a form of the business is answered", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("hello")
    const fields = [{ name: "size", label: "Which size?", type: "select", options: ["S", "M"] }]
    await app.admin().say(app.id, web.conversationId, "", { content: { type: "form", fields } })
    const { data } = await web.event("conversation:message", ({ message }) => message.content.type === "form")
    expect(data.message.content).toEqual({ type: "form", fields })
    const content = { type: "formResponse", formId: data.message.id, fields: [{ name: "size", value: "M" }] }
    const { message } = await web.ask("message:send", { localId: "form", content })
    expect(message.content).toEqual(content)
  })
})
