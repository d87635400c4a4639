/** 6: looking people up by what they are called, and by every id there is. */
import { expect, it } from "vitest"
import type { Console } from "./agent-console.ts"
import { openDesk } from "./agent-desk.ts"
import { onBoth } from "./world.ts"

const found = async (console: Console, query: string): Promise<string[]> =>
  (await console.ask("user:search", { query })).found.map(({ user }) => user.id)

onBoth("search", (world) => {
  it("6 user:search: by the beginning of any word of a name, of an external id, of a verified email", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const claims = { name: "Mira Österlund", email: "mira@shop.example", email_verified: true }
    const mira = await app.visitor({ jwt: app.token("CUST-7", claims) })
    const mirko = await app.visitor({ jwt: app.token("CUST-8", { name: "Mirko Berg" }) })
    for (const person of [mira, mirko]) await desk.begins(ada, person)
    for (const query of ["mira", "MIRA ö", "oster", " Osterlund ", "mira@shop", "CUST-7", "cust-7"])
      expect([query, await found(ada, query)]).toEqual([query, [mira.userId]])
    expect((await found(ada, "mir")).sort()).toEqual([mira.userId, mirko.userId].sort())
    expect((await found(ada, "cust")).sort()).toEqual([mira.userId, mirko.userId].sort())
    for (const query of ["ira", "shop.example", "xyz", "\u{10ffff}", "%", "*"])
      expect([query, await found(ada, query)]).toEqual([query, []])
    const [first] = (await ada.ask("user:search", { query: "mira" })).found
    expect(first?.user).toMatchObject({ externalId: "CUST-7", authenticated: true })
    expect(first?.ticket).toMatchObject({ userId: mira.userId, status: "new" })
  })

  it("6 user:search: an email that was typed into a form finds no user", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const visitor = await app.visitor()
    await visitor.send("hello")
    await visitor.ask("profile:update", { name: "Eve", email: "mira@shop.example" })
    expect(await found(ada, "mira@shop.example")).toEqual([])
    expect(await found(ada, "eve")).toEqual([visitor.userId])
    await visitor.ask("profile:update", { name: "Adam" })
    expect(await found(ada, "eve")).toEqual([])
    expect(await found(ada, "adam")).toEqual([visitor.userId])
  })

  it("6 [P5] user:search: by user, ticket and conversation id, also by those that were merged away", async () => {
    const { app, desk } = await openDesk(world, { conversationMode: "multi" })
    const ada = await desk.console("ada")
    const known = await app.member("E1")
    await known.send("long ago")
    const visitor = await app.visitor({ on: 1 })
    await visitor.ask("profile:update", { name: "Visitor With A Name" })
    const ticket = await desk.begins(ada, visitor)
    const before = visitor.userId
    await visitor.login(app.token("E1"))
    await ada.event("user:merge")
    for (const query of [before, known.userId, ticket.id, ticket.conversationId, "E1"])
      expect([query, await found(ada, query)]).toEqual([query, [known.userId]])
    // The name filled a hole of the known person's profile; the visitor is no user of their own any more.
    expect(await found(ada, "visitor with")).toEqual([known.userId])
    for (const query of ["usr_none", "tkt_none", "con_none"]) expect(await found(ada, query)).toEqual([])
  })

  it("6 user:search: as many as were asked for, and the word that there are more", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const people = await Promise.all(
      Array.from({ length: 7 }, (_, n) =>
        app.member(`person-${n}`, { on: n, jwt: app.token(`person-${n}`, { name: `Kim ${n}` }) }),
      ),
    )
    for (const person of people) await person.send("hello")
    const page = await ada.ask("user:search", { query: "kim", limit: 3 })
    expect(page.found).toHaveLength(3)
    expect(page.more).toBe(true)
    const all = await ada.ask("user:search", { query: "kim" })
    expect(all.found.map(({ user }) => user.profile.name)).toHaveLength(7)
    expect(all.more).toBe(false)
    expect(await ada.code("user:search", { query: "" })).toBe("bad_request")
    expect(await ada.code("user:search", { query: "x".repeat(256) })).toBe("bad_request")
    expect(await ada.code("user:search", { query: "x", limit: 51 })).toBe("bad_request")
  })
})
