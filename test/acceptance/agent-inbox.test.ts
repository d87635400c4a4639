/**
 * 6: what an inbox needs: what no agent has read, how many tickets there are, which colleagues are online, and a user's
 * earlier identities.
 */
import { expect, it } from "vitest"
import type { Console } from "./agent-console.ts"
import { openDesk } from "./agent-desk.ts"
import type { Device } from "./person-device.ts"
import { onBoth } from "./world.ts"

const unread = async (
  console: Console,
  query: Record<string, unknown> = {},
): Promise<[string, number | undefined][]> =>
  (await console.list({ unread: true, ...query })).map(({ id, unreadCount }) => [id, unreadCount])

const counts = async (console: Console) => (await console.ask("ticket:count", {})).counts

onBoth("the inbox", (world) => {
  it("6 ticket:list: unread tickets, with how many messages, until an agent reads or answers", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const [a, b] = [await app.visitor(), await app.visitor({ on: 1 })]
    const [first, second] = [await desk.begins(ada, a), await desk.begins(ada, b)]
    const { message } = await a.send("and more")
    expect(await unread(ada)).toEqual([
      [first.id, 2],
      [second.id, 1],
    ])
    expect((await counts(ada)).unread).toBe(2)
    await ada.ask("conversation:read", { conversationId: first.conversationId, position: message.position })
    expect(await unread(ada)).toEqual([[second.id, 1]])
    await ada.note(second.conversationId, "a note answers nobody")
    expect((await counts(ada)).unread).toBe(1)
    await ada.say(second.conversationId, "an answer")
    expect(await unread(ada)).toEqual([])
    expect((await counts(ada)).unread).toBe(0)
    await b.send("thanks")
    expect(await unread(ada, { assignee: "none" })).toEqual([[second.id, 1]])
    expect(await unread(ada, { assignee: "me" })).toEqual([])
    await ada.set(second.id, { status: "solved" })
    expect(await unread(ada)).toEqual([])
    await ada.set(second.id, { status: "open" })
    expect(await unread(ada)).toEqual([[second.id, 1]])
    const listed = await ada.list({ withUnread: true })
    expect(listed.map(({ id, unreadCount }) => [id, unreadCount])).toEqual([
      [second.id, 1],
      [first.id, 0],
    ])
    expect((await ada.list())[0]).not.toHaveProperty("unreadCount")
  })

  it("6 ticket:list: what was unread stays unread in a merge and in a join", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const known = await app.member("E1")
    const old = await desk.begins(ada, known, "long ago")
    await ada.say(old.conversationId, "answered")
    const visitor = await app.visitor({ on: 1 })
    const fresh = await desk.begins(ada, visitor, "is anybody there")
    expect(await unread(ada)).toEqual([[fresh.id, 1]])
    await visitor.login(app.token("E1"))
    await ada.ticket(fresh.id, ({ mergedInto }) => mergedInto === old.id)
    expect(await unread(ada)).toEqual([[old.id, 1]])
    expect((await counts(ada)).unread).toBe(1)

    const multi = await openDesk(world, { conversationMode: "multi" })
    const bob = await multi.desk.console("bob")
    const person = await multi.app.member("E2")
    const into = await multi.desk.begins(bob, person, "the one matter")
    await bob.say(into.conversationId, "answered")
    const { conversation } = await person.ask("conversation:create", {})
    await person.send("the same matter", { conversationId: conversation.id })
    const other = await bob.begun(conversation.id)
    expect(await unread(bob)).toEqual([[other.id, 1]])
    await bob.ask("conversation:join", { survivingId: into.conversationId, discardedId: conversation.id })
    expect(await unread(bob)).toEqual([[into.id, 1]])
  })

  it("6 ticket:count: by status, mine and unassigned, only active tickets", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const visitors: Device[] = []
    for (let n = 0; n < 5; n += 1) visitors.push(await app.visitor({ on: n }))
    const tickets = []
    for (const visitor of visitors) tickets.push(await desk.begins(ada, visitor))
    const [a, b, c, d] = tickets.map(({ id }) => id)
    await ada.set(a ?? "", { assigneeId: "ada" })
    await ada.set(b ?? "", { assigneeId: "bob", status: "pending" })
    await ada.set(c ?? "", { status: "hold" })
    await ada.set(d ?? "", { assigneeId: "ada", status: "solved" })
    expect(await counts(ada)).toEqual({
      new: 1,
      open: 1,
      pending: 1,
      hold: 1,
      mine: 1,
      unassigned: 2,
      unread: 4,
    })
    expect((await counts(await desk.console("bob", { on: 1 }))).mine).toBe(1)
  })

  it("6 agent:list: every agent who came in, the latest first, under their present name", async () => {
    const { desk } = await openDesk(world)
    const ada = await desk.console("ada")
    await desk.console("none", { on: 1, claims: { name: "Agent None" } })
    const names = async () => (await ada.ask("agent:list", {})).agents.map(({ id, name }) => [id, name])
    await expect.poll(names).toEqual([
      ["none", "Agent None"],
      ["ada", "Agent ada"],
    ])
    await desk.console("none", { claims: { name: "Renamed" } })
    await expect.poll(async () => (await names())[0]).toEqual(["none", "Renamed"])
  })

  it("6 viewing: colleagues on every node hear who has a conversation open, and when they leave", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const bob = await desk.console("bob", { on: 1 })
    const visitor = await app.visitor()
    const { conversationId } = await desk.begins(ada, visitor)
    const received = (console: Console, active: boolean) =>
      console.signal("viewing", (body) => body.active === active)
    await ada.ask("viewing:start", { conversationId })
    expect(await received(bob, true)).toEqual({
      conversationId,
      agent: { id: "ada", name: "Agent ada" },
      active: true,
    })
    await ada.ask("viewing:stop", { conversationId })
    expect(await received(bob, false)).toMatchObject({ conversationId, active: false })
    await bob.ask("viewing:start", { conversationId })
    await received(ada, true)
    bob.socket.disconnect()
    expect(await received(ada, false)).toMatchObject({ agent: { id: "bob" } })
    expect(await ada.code("viewing:start", { conversationId: "con_none" })).toBe("not_found")
    expect(visitor.frames.map(({ name }) => name)).not.toContain("viewing")
  })

  it("6 user:get: devices without names, and what became of the identity", async () => {
    const { app, desk } = await openDesk(world, { conversationMode: "multi" })
    const ada = await desk.console("ada")
    const visitor = await app.visitor()
    await visitor.send("hello")
    await visitor.login(app.token("E1"))
    await ada.event("user:update")
    const again = await app.visitor({ on: 1, channel: "android" })
    await again.send("as a visitor once more")
    const discardedId = again.userId
    await again.login(app.token("E1"))
    await ada.event("user:merge")
    const { userId } = visitor
    const { devices, history } = await ada.ask("user:get", { userId, details: true })
    expect(devices?.map(({ channel }) => channel).sort()).toEqual(["android", "web"])
    expect(history).toMatchObject([{ kind: "upgraded" }, { kind: "merged", reason: "sdkLogin", discardedId }])
    expect(await ada.ask("user:get", { userId })).not.toHaveProperty("history")

    const born = await app.member("E2")
    await born.send("signed in from the start")
    const fresh = await ada.ask("user:get", { externalId: "E2", details: true })
    expect(fresh.history).toEqual([])
  })
})
