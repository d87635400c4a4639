/** 6: finding tickets, changing them, and answering without talking over one another. */
import { expect, it } from "vitest"
import type { Console } from "./agent-console.ts"
import { type Desk, expectTrueConsole, openDesk, said } from "./agent-desk.ts"
import type { Ticket } from "./agent-shapes.ts"
import { range } from "./random.ts"
import { type App, onBoth } from "./world.ts"

const ids = (tickets: readonly { id: string }[]): string[] => tickets.map(({ id }) => id)

/** That a user is there reaches another node a moment later. */
const withoutPresence = (tickets: Awaited<ReturnType<Console["list"]>>) =>
  tickets.map(({ user: { online: _, ...user }, ...ticket }) => ({ ...ticket, user }))

/** One ticket after another, each of another visitor. */
async function several(app: App, desk: Desk, console: Console, count: number): Promise<Ticket[]> {
  const all: Ticket[] = []
  for (const on of range(count))
    all.push(await desk.begins(console, await app.visitor({ on }), `hello ${on}`))
  return all
}

onBoth("tickets", (world) => {
  it("6 ticket:list: latest activity first, page by page, with the user and the last message", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const tickets = await several(app, desk, ada, 7)
    await ada.say(tickets[2]?.conversationId ?? "", "the latest")
    const all = await ada.list()
    const times = all.map(({ lastActivityAt }) => lastActivityAt)
    expect(times).toEqual([...times].sort((a, b) => b - a))
    expect(all[0]).toMatchObject({ id: tickets[2]?.id, status: "open" })
    expect(said(all[0]?.lastMessage ? [all[0].lastMessage] : [])).toEqual(["the latest"])
    expect(new Set(ids(all))).toEqual(new Set(ids(tickets)))
    for (const ticket of all) expect(ticket.user.id).toBe(ticket.userId)
    expect(withoutPresence(await ada.list({ limit: 2 }))).toEqual(withoutPresence(all))
    const page = await ada.ask("ticket:list", { limit: 3 })
    expect(page.tickets).toHaveLength(3)
    expect(page.next).toBeTruthy()
  })

  it("6 ticket:list by status and by assignee: me, none, or a named agent", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const tickets = await several(app, desk, ada, 6)
    const [a, b, c, d, e, f] = ids(tickets) as [string, string, string, string, string, string]
    await ada.set(a, { assigneeId: "ada" })
    await ada.set(b, { assigneeId: "bob", status: "pending" })
    await ada.set(c, { status: "solved" })
    await ada.set(d, { status: "hold" })
    await ada.set(e, { assigneeId: "ada", status: "closed" })
    const listed = async (query: Record<string, unknown>, console = ada): Promise<string[]> =>
      ids(await console.list(query)).sort()
    expect(await listed({ status: ["new"] })).toEqual([f])
    expect(await listed({ status: ["pending", "hold"] })).toEqual([b, d].sort())
    expect(await listed({ status: ["solved"] })).toEqual([c])
    expect(await listed({ assignee: "me" })).toEqual([a, e].sort())
    expect(await listed({ assignee: "bob" })).toEqual([b])
    expect(await listed({ assignee: "me" }, await desk.console("bob", { on: 1 }))).toEqual([b])
    expect(await listed({ assignee: "none" })).toEqual([c, d, f].sort())
    expect(await listed({ assignee: "me", status: ["open"] })).toEqual([a])
    expect(await listed({ assignee: "nobody-of-this-name" })).toEqual([])
    await ada.set(a, { assigneeId: null })
    expect(await listed({ assignee: "me" })).toEqual([e])
    expect((await ada.get(a)).assigneeId).toBeUndefined()
  })

  it("6 ticket:get: the ticket, its user, its conversation and the latest 50 messages", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const web = await app.visitor({ info: { os: "Linux" } })
    const { id, conversationId, userId } = await desk.begins(ada, web, "0")
    for (const n of range(59)) await web.send(`${n + 1}`)
    const got = await ada.ask("ticket:get", { ticketId: id })
    expect(got.ticket).toMatchObject({ id, conversationId, userId })
    expect(got.user).toMatchObject({ id: userId, authenticated: false, online: true, aliases: [] })
    expect(got.conversation).toMatchObject({ id: conversationId, status: "open" })
    expect(said(got.messages)).toEqual(range(50).map((n) => `${n + 10}`))
    expect(await ada.history(conversationId, 7)).toHaveLength(60)
    expect(await ada.code("ticket:get", { ticketId: "tkt_doesnotexist0000000000" })).toBe("not_found")
    expect(await ada.code("message:list", { conversationId: "con_doesnotexist0000000000" })).toBe("not_found")
  })

  it("6 user:get by id and by external id, with the tickets", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const phone = await app.member("Änn / 1")
    const { id, userId } = await desk.begins(ada, phone)
    for (const body of [{ userId }, { externalId: "Änn / 1" }]) {
      const { user, tickets } = await ada.ask("user:get", body)
      expect(user).toMatchObject({ id: userId, externalId: "Änn / 1", authenticated: true })
      expect(ids(tickets)).toEqual([id])
    }
    expect(await ada.code("user:get", { externalId: "änn / 1" })).toBe("not_found")
    expect(await ada.code("user:get", { userId: "usr_doesnotexist0000000000" })).toBe("not_found")
  })

  it("6 ifUpdatedAt: an agent who saw an older state of the ticket changes nothing", async () => {
    const { app, desk } = await openDesk(world)
    const consoles = [await desk.console("ada"), await desk.console("bob", { on: 1 })]
    const [ada, bob] = consoles as [Console, Console]
    const { id } = await desk.begins(ada, await app.visitor())
    const seen = await ada.get(id)
    const mine = await ada.set(id, { assigneeId: "ada", ifUpdatedAt: seen.updatedAt })
    expect(mine).toMatchObject({ assigneeId: "ada", status: "open" })
    expect(mine.updatedAt).toBeGreaterThan(seen.updatedAt)
    const late = { ticketId: id, assigneeId: "bob", status: "pending", ifUpdatedAt: seen.updatedAt }
    expect(await bob.code("ticket:update", late)).toBe("conflict")
    expect(await bob.get(id)).toEqual(mine)
    for (const n of range(6)) {
      const { updatedAt } = await ada.get(id)
      const takes = consoles.map((console, who) =>
        console.raw("ticket:update", { ticketId: id, assigneeId: `${who} in ${n}`, ifUpdatedAt: updatedAt }),
      )
      const taken = (await Promise.all(takes)) as { ok: boolean; error?: { code: string } }[]
      expect(taken.filter(({ ok }) => ok)).toHaveLength(1)
      expect(taken.find(({ ok }) => !ok)?.error?.code).toBe("conflict")
    }
    await expectTrueConsole(ada)
  })

  it("6 status and assignee change together, and every console is told", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const bob = await desk.console("bob", { on: 1 })
    const { id } = await desk.begins(ada, await app.visitor())
    const changed = await ada.set(id, { assigneeId: "bob", status: "pending" })
    expect(changed).toMatchObject({ assigneeId: "bob", status: "pending" })
    expect(await bob.ticket(id, ({ status }) => status === "pending")).toEqual(changed)
    const { data } = await bob.event("ticket:update", ({ ticket }) => ticket.status === "pending")
    expect(data.ticket.assigneeId).toBe("bob")
  })

  it("3.2 ifHead: an answer to what is no longer the last word of another party is refused", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const bob = await desk.console("bob", { on: 1 })
    const web = await app.visitor()
    const { conversationId } = await desk.begins(ada, web)
    const { position: ifHead } = await ada.hears("hello")
    await web.send("one thing more")
    const body = { conversationId, localId: "a", content: { type: "text", text: "late" }, ifHead }
    expect(await ada.code("message:send", body)).toBe("conflict")
    const { position } = await ada.hears("one thing more")
    await ada.say(conversationId, "in time", { ifHead: position })
    await ada.say(conversationId, "one's own words do not count", { ifHead: position })
    const webBody = { localId: "w", content: { type: "text", text: "crossing" }, ifHead: position }
    expect(await web.code("message:send", webBody)).toBe("conflict")
    await web.send("next")
    const head = (await bob.hears("next")).position
    const race = [ada, bob].map((console, n) =>
      console.raw("message:send", { ...body, localId: `race ${n}`, ifHead: head }),
    )
    const raced = (await Promise.all(race)) as { ok: boolean; error?: { code: string } }[]
    expect(raced.filter(({ ok }) => ok)).toHaveLength(1)
    expect(raced.find(({ ok }) => !ok)?.error?.code).toBe("conflict")
  })

  it("3.2 a send names itself: repeated after a reconnect on another node it is stored once", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const bob = await desk.console("bob", { on: 1 })
    const web = await app.visitor()
    const { conversationId } = await desk.begins(ada, web)
    const body = { conversationId, localId: "one", content: { type: "text", text: "answer" } }
    const first = await ada.ask("message:send", body)
    expect(first).toMatchObject({
      duplicate: false,
      message: { conversationId, localId: "one", authenticated: false },
    })
    expect(first.message.author).toEqual({ type: "agent", id: "ada", name: "Agent ada" })
    expect(await ada.ask("message:send", body)).toMatchObject({ ...first, duplicate: true })
    ada.leave()
    const again = await desk.console("ada", { on: 1 })
    expect((await again.ask("message:send", body)).message.id).toBe(first.message.id)
    const other = await bob.ask("message:send", { ...body, content: { type: "text", text: "of bob" } })
    expect(other.duplicate).toBe(false)
    expect(said(await bob.history(conversationId))).toEqual(["hello", "answer", "of bob"])
    await web.hears("of bob")
    expect(web.view.texts()).toEqual(["hello", "answer", "of bob"])
  })

  it("3.2 an agent sends what content the page names, and forms too", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const web = await app.visitor()
    const { conversationId } = await desk.begins(ada, web)
    const fields = [{ name: "size", label: "Size", type: "select", options: ["S", "M"] }]
    for (const content of [
      { type: "image", url: "https://example.org/a.png", mediaType: "image/png", size: 7 },
      { type: "file", url: "https://example.org/a.pdf", name: "a.pdf" },
      { type: "form", fields },
    ]) {
      const { message } = await ada.say(conversationId, "", { content })
      expect(message.content).toEqual(content)
      await web.until("the same content", () => web.view.has(message.id))
    }
    for (const content of [{ type: "text", text: "" }, { type: "text", text: "x".repeat(4097) }, {}])
      expect(await ada.code("message:send", { conversationId, localId: "x", content })).toBe("bad_request")
  })

  it.each(["none", "me"])(
    "6 an agent may be called %s: their tickets are theirs, and nobody else's",
    async (id) => {
      const { app, desk } = await openDesk(world)
      const odd = await desk.console(id)
      const ada = await desk.console("ada", { on: 1 })
      const [mine, free] = [
        await desk.begins(odd, await app.visitor()),
        await desk.begins(odd, await app.visitor({ on: 1 })),
      ]
      expect((await ada.set(mine.id, { assigneeId: id })).assigneeId).toBe(id)
      const listed = async (console: typeof odd, assignee: string) =>
        (await console.list({ assignee })).map((ticket) => ticket.id)
      expect(await listed(odd, "me")).toEqual([mine.id])
      expect(await listed(odd, "none")).toEqual([free.id])
      expect(await listed(ada, "none")).toEqual([free.id])
      expect(await listed(ada, "me")).toEqual([])
      const { counts } = await odd.ask("ticket:count", {})
      expect(counts).toMatchObject({ mine: 1, unassigned: 1 })
      await ada.set(mine.id, { assigneeId: null })
      expect(await listed(odd, "me")).toEqual([])
      expect((await listed(ada, "none")).sort()).toEqual([mine.id, free.id].sort())
    },
  )
})
