/** 7: signed in by the cookie of the help centre, as if by a token of the site itself. */
import { expect, it } from "vitest"
import { type Desk, expectTrueConsole, openDesk } from "./agent-desk.ts"
import { type Claims, mint, nowSeconds } from "./tokens.ts"
import { type App, expectTrueView, onBoth, type World } from "./world.ts"

const HELP = "https://help.example.org"
const COOKIE = "help_session"

interface Centre {
  app: App
  desk: Desk
  /** The options of a browser on a page of the help centre. */
  reader: (sub: string, how?: Reader) => { auth: object; headers: Record<string, string> }
}
interface Reader {
  claims?: Claims
  header?: Claims
  origin?: string | undefined
  cookie?: string
}

const settingsOf = (key: string, more: object = {}) => ({
  settings: { helpCenter: { enabled: true, cookie: COOKIE, origins: [HELP], key, ...more } },
})

async function openCentre(world: World, settings: Record<string, unknown> = {}): Promise<Centre> {
  const { app, desk } = await openDesk(world, settings)
  await app.admin().call("PATCH", `/v1/apps/${app.id}`, settingsOf(app.key.kid))
  const reader: Centre["reader"] = (sub, how = {}) => {
    const { claims = {}, header = {} } = how
    const origin = "origin" in how ? how.origin : HELP
    const times = { iat: nowSeconds(), exp: nowSeconds() + 3600 }
    const jwt = mint(app.key, { sub, name: `Reader ${sub}`, ...times, ...claims }, header)
    world.secrets.add(jwt)
    const cookie = how.cookie ?? `theme=dark; ${COOKIE}=${jwt}; lang=en`
    return { auth: { helpCenter: true }, headers: { cookie, ...(origin !== undefined && { origin }) } }
  }
  return { app, desk, reader }
}
const browser = (options: ReturnType<Centre["reader"]>) => ({
  auth: { ...options.auth },
  headers: options.headers,
})

onBoth("the help centre", (world) => {
  it("7 the cookie signs in: name and email are known, and agents see a person with the mark", async () => {
    const { app, desk, reader } = await openCentre(world)
    const ada = await desk.console("ada", { on: 1 })
    const claims = { email: "ann@example.org" }
    const web = await app.visitor(browser(reader("4711", { claims })))
    expect(web.state?.login?.outcome).toBe("signed_in")
    expect(web.view.user).toMatchObject({
      ...{ externalId: "hc:4711", authenticated: true },
      profile: { name: "Reader 4711", email: "ann@example.org" },
    })
    const { id } = await desk.begins(ada, web)
    await ada.ticket(id, ({ authenticated }) => authenticated)
    const { user, messages } = await ada.ask("ticket:get", { ticketId: id })
    expect(user).toMatchObject({ externalId: "hc:4711", authenticated: true })
    expect(messages.map(({ authenticated }) => authenticated)).toEqual([true])
    const again = await app.visitor({ ...browser(reader("4711")), on: 1 })
    expect(again.userId).toBe(web.userId)
    expect(again.view.texts()).toEqual(["hello"])
    expect((await ada.ask("user:get", { externalId: "hc:4711" })).user.id).toBe(web.userId)
  })

  it("7 the key is the configured one, named in the header or not", async () => {
    const { app, reader } = await openCentre(world)
    const named = await app.visitor(browser(reader("1")))
    const unnamed = await app.visitor({ ...browser(reader("1", { header: { kid: undefined } })), on: 1 })
    expect(unnamed.userId).toBe(named.userId)
    const forged = mint({ ...app.key, secret: "x".repeat(40) }, { sub: "1", exp: nowSeconds() + 60 })
    const refused = async (how: Reader): Promise<string> =>
      (await app.refusal(browser(reader("1", how)))).code
    expect(await refused({ cookie: `${COOKIE}=${forged}` })).toBe("signature_invalid")
    expect(await refused({ header: { alg: "none" } })).toBe("alg_not_allowed")
    expect(await refused({ claims: { iat: nowSeconds() - 100, exp: nowSeconds() - 1 } })).toBe(
      "token_expired",
    )
    expect(await refused({ cookie: `${COOKIE}=nonsense` })).toBe("token_malformed")
    const other = await app.admin().createKey(app.id)
    const foreign = mint(other, { sub: "1", exp: nowSeconds() + 60 }, { kid: undefined })
    expect(await refused({ cookie: `${COOKIE}=${foreign}` })).toBe("signature_invalid")
  })

  it("7 an external id in the cookie is the same person as by a token of the site", async () => {
    const { app, reader } = await openCentre(world)
    const phone = await app.member("ann", { on: 1 })
    await phone.send("on the phone")
    const web = await app.visitor(browser(reader("4711", { claims: { external_id: "ann" } })))
    expect(web.userId).toBe(phone.userId)
    expect(web.view.texts()).toEqual(["on the phone"])
    await web.send("in the help centre")
    await phone.shows("in the help centre")
    const plain = await app.visitor(browser(reader("4711")))
    expect(plain.userId).not.toBe(phone.userId)
  })

  it("7 only from its origins, only while it is on, only on the web, and only when it is asked for", async () => {
    const { app, reader } = await openCentre(world)
    const refusal = async (origin: string | undefined): Promise<string> =>
      (await app.refusal(browser(reader("1", { origin })))).code
    for (const origin of [
      "https://shop.example.org",
      "http://help.example.org",
      `${HELP}.evil.example`,
      "null",
      undefined,
    ])
      expect([origin, await refusal(origin)]).toEqual([origin, "origin_not_allowed"])
    expect((await app.refusal({ ...browser(reader("1")), channel: "ios" })).code).toBeTruthy()
    const { headers } = browser(reader("1"))
    expect((await app.visitor({ headers })).view.user?.authenticated).toBe(false)
    await app.admin().call("PATCH", `/v1/apps/${app.id}`, settingsOf(app.key.kid, { enabled: false }))
    expect((await app.refusal(browser(reader("1")))).code).toBeTruthy()
  })

  it("4.2 7 a visitor who signs in at the help centre is upgraded", async () => {
    const { app, desk, reader } = await openCentre(world)
    const ada = await desk.console("ada", { on: 1 })
    const web = await app.visitor()
    const { id, userId } = await desk.begins(ada, web, "before")
    const { sessionToken } = web
    const reading = await app.visitor({ ...browser(reader("4711")), sessionToken, on: 1 })
    expect(reading.state?.login?.outcome).toBe("upgraded")
    expect(reading.userId).toBe(userId)
    expect(reading.view.texts()).toEqual(["before"])
    await ada.ticket(id, ({ authenticated }) => authenticated)
    expect((await app.refusal({ sessionToken })).code).toBe("session_consumed")
    await expectTrueView(reading)
  })

  it("[P3] 4.2 7 a visitor with a history who is known there is merged, reason helpCenter", async () => {
    const { app, desk, reader } = await openCentre(world)
    const ada = await desk.console("ada", { on: 1 })
    const known = await app.visitor({ ...browser(reader("4711")), deviceId: "known", on: 1 })
    const kept = await desk.begins(ada, known, "known")
    const web = await app.visitor()
    const gone = await desk.begins(ada, web, "anonymous")
    const reading = await app.visitor({ ...browser(reader("4711")), sessionToken: web.sessionToken })
    expect(reading.state?.login?.outcome).toBe("merged")
    const { data } = await known.event("user:merge")
    expect(data).toMatchObject({ reason: "helpCenter", mergedUsers: { discarded: { id: gone.userId } } })
    expect((await ada.event("user:merge")).data.reason).toBe("helpCenter")
    const closed = await ada.ticket(gone.id, ({ mergedInto }) => mergedInto !== undefined)
    expect(closed.mergedInto).toBe(kept.id)
    for (const device of [known, reading]) {
      expect(device.view.texts()).toEqual(["known", "anonymous"])
      await expectTrueView(device)
    }
    await expectTrueConsole(ada)
  })

  it("[P4] 4.1 a user token never claims an identity of the help centre, nor is the cookie a user token", async () => {
    const { app, reader } = await openCentre(world)
    const known = await app.visitor(browser(reader("4711")))
    await known.send("secret")
    expect((await app.refusal({ jwt: app.token("hc:4711") })).code).toBe("external_id_invalid")
    const web = await app.visitor({ on: 1 })
    for (const externalId of ["hc:4711", "hc:", "hc:someone-new"])
      expect(await web.code("login", { jwt: app.token(externalId) })).toBe("external_id_invalid")
    const cookie = mint(app.key, { sub: "4711", name: "x", iat: nowSeconds(), exp: nowSeconds() + 60 })
    expect(await web.code("login", { jwt: cookie })).toMatch(/^(scope_invalid|external_id_missing)$/)
    await web.login(app.token("HC:4711"))
    expect(web.userId).not.toBe(known.userId)
    expect(JSON.stringify(web.frames)).not.toContain("secret")
  })

  it("7 the responder does not ask a reader who is signed in at the help centre", async () => {
    const { app, reader } = await openCentre(world, {
      defaultResponder: { enabled: true, askFor: ["name", "email"] },
    })
    const web = await app.visitor(browser(reader("4711")))
    await web.send("hello")
    await web.settle()
    expect(web.view.conversations()[0]?.messages.map(({ content }) => content.type)).toEqual(["text"])
  })
})
