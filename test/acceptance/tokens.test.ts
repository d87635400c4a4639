/** 4.1 and 4.7: each broken token refused by its own cause, in the handshake and on the socket, with no effect. */
import { expect, it } from "vitest"
import { range } from "./random.ts"
import { claimsOf, encode, type Key, mint, mintRaw, nowSeconds } from "./tokens.ts"
import { type App, onBoth } from "./world.ts"

type Broken = (key: Key) => string
const without = (...names: string[]) => {
  const claims = claimsOf("ann")
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)))
}
const withClaims =
  (more: Record<string, unknown>): Broken =>
  (key) =>
    mint(key, claimsOf("ann", more))
const withId =
  (externalId: unknown): Broken =>
  (key) =>
    mint(key, claimsOf(externalId))

const CAUSES: readonly [string, string, Broken][] = [
  ["token_malformed", "an empty string", () => ""],
  ["token_malformed", "no token", () => "this is no token"],
  ["token_malformed", "two parts", (key) => mint(key, claimsOf("ann")).split(".").slice(0, 2).join(".")],
  ["token_malformed", "four parts", (key) => `${mint(key, claimsOf("ann"))}.more`],
  [
    "token_malformed",
    "a header that is no JSON",
    (key) => mintRaw(key, "{", JSON.stringify(claimsOf("ann"))),
  ],
  [
    "token_malformed",
    "a payload that is no JSON",
    (key) => mintRaw(key, JSON.stringify({ alg: "HS256", kid: key.kid }), "nothing"),
  ],
  [
    "token_malformed",
    "a payload that is a list",
    (key) => mintRaw(key, JSON.stringify({ alg: "HS256", kid: key.kid }), "[1]"),
  ],
  ["token_expired", "exp in the past", withClaims({ exp: nowSeconds() - 1 })],
  ["token_expired", "exp right now", (key) => mint(key, claimsOf("ann", { exp: nowSeconds() }))],
  [
    "token_expired",
    "no exp and an iat of two days ago",
    (key) => mint(key, { ...without("exp"), iat: nowSeconds() - 2 * 86_400 }),
  ],
  ["token_not_yet_valid", "nbf half an hour ahead", withClaims({ nbf: nowSeconds() + 1800 })],
  [
    "token_not_yet_valid",
    "iat half an hour ahead",
    withClaims({ iat: nowSeconds() + 1800, exp: nowSeconds() + 3600 }),
  ],
  ["kid_missing", "no kid", (key) => mint(key, claimsOf("ann"), { kid: undefined })],
  ["kid_unknown", "a kid of nobody", (key) => mint(key, claimsOf("ann"), { kid: "nobody" })],
  ["kid_unknown", "__proto__ as kid", (key) => mint(key, claimsOf("ann"), { kid: "__proto__" })],
  ["expiry_missing", "neither exp nor iat", (key) => mint(key, without("exp", "iat"))],
  [
    "alg_not_allowed",
    "alg none, unsigned",
    (key) => `${encode({ alg: "none", kid: key.kid })}.${encode(claimsOf("ann"))}.`,
  ],
  [
    "alg_not_allowed",
    "HS512 with the right secret",
    (key) => mint(key, claimsOf("ann"), { alg: "HS512" }, "sha512"),
  ],
  ["alg_not_allowed", "RS256 by name", (key) => mint(key, claimsOf("ann"), { alg: "RS256" })],
  [
    "signature_invalid",
    "another secret",
    (key) => mint({ ...key, secret: `${key.secret}x` }, claimsOf("ann")),
  ],
  [
    "signature_invalid",
    "a payload changed after signing",
    (key) => {
      const [header, , signature] = mint(key, claimsOf("ann")).split(".")
      return `${header}.${encode(claimsOf("bob"))}.${signature}`
    },
  ],
  ["scope_invalid", "no scope", (key) => mint(key, without("scope"))],
  ["scope_invalid", "an agent's scope", withClaims({ scope: "agent" })],
  ["scope_invalid", "an unknown scope", withClaims({ scope: "appUser" })],
  ["external_id_missing", "no external_id", (key) => mint(key, without("external_id"))],
  ["external_id_invalid", "a number", withId(7)],
  ["external_id_invalid", "a list", withId(["ann"])],
  ["external_id_invalid", "256 characters", withId("x".repeat(256))],
  ["external_id_invalid", "a lone high surrogate", withId("\ud800")],
  ["external_id_invalid", "a lone low surrogate", withId("a\udfff")],
  ["external_id_invalid", "hc: is reserved", withId("hc:ann")],
]

onBoth("tokens", (world) => {
  for (const [code, cause, broken] of CAUSES)
    it(`4.7 ${code}: ${cause}`, async () => {
      const app = await world.app()
      const jwt = broken(app.key)
      world.secrets.add(jwt)
      const error = await app.refusal({ jwt })
      expect(error).toMatchObject({ code, retryable: code === "token_expired" })
      if (jwt.length > 0) expect(error.message).not.toContain(jwt)
      await expectNoEffect(app, jwt, code)
    })

  it("4.1 a token above 8 KB is refused", async () => {
    const app = await world.app()
    const jwt = app.token("ann", { name: "x".repeat(8192) })
    expect(["token_malformed", "bad_request", "payload_too_large"]).toContain(
      (await app.refusal({ jwt })).code,
    )
  })

  it("4.1 nbf and iat may lie a few seconds ahead", async () => {
    const app = await world.app()
    const web = await app.visitor({ jwt: app.token("ann", { nbf: nowSeconds() + 8, iat: nowSeconds() + 8 }) })
    expect(web.view.user?.externalId).toBe("ann")
  })

  it("4.1 a token without exp is good for 24 hours after its iat", async () => {
    const app = await world.app()
    const iat = nowSeconds() - 60
    const jwt = app.tokenOf({ scope: "user", external_id: "ann", iat })
    const web = await app.visitor({ jwt })
    expect(web.state?.login?.expiresAt).toBe((iat + 86_400) * 1000)
  })

  it("4.1 the claims name and email come into the profile; only a strict true verifies", async () => {
    const app = await world.app()
    for (const [n, claim] of [true, "true", 1, undefined].entries()) {
      const email = `person${n}@example.org`
      const jwt = app.token(`person-${n}`, { name: "Näme", email, email_verified: claim })
      const web = await app.visitor({ jwt })
      expect(web.view.user?.profile.name).toBe("Näme")
      expect(web.view.user?.profile.emailVerified === true).toBe(claim === true)
    }
  })

  it("4.1 odd claims about a person whose identity is proven are cut or dropped, and refuse no sign-in", async () => {
    const app = await world.app()
    for (const [n, [name, kept]] of [
      [null, undefined],
      [{ first: "Ann" }, undefined],
      ["x".repeat(300), "x".repeat(255)],
      ["Ann \ud83d", "Ann "],
    ].entries()) {
      const jwt = app.token(`odd-${n}`, { name, email: null, email_verified: "yes" })
      const web = await app.visitor({ jwt })
      expect(web.view.user?.profile).toEqual(kept === undefined ? {} : { name: kept })
    }
    const long = `${"x".repeat(130)}@example.org`
    const web = await app.visitor()
    await web.login(app.token("long", { email: long, email_verified: true }))
    expect(web.view.user?.profile).toEqual({})
  })

  it("4.1 a key of another app, and a key for agents, sign nobody in", async () => {
    const [app, other] = [await world.app(), await world.app()]
    expect((await app.refusal({ jwt: mint(other.key, claimsOf("ann")) })).code).toBe("kid_unknown")
    const agents = await app.admin().createKey(app.id, "agent")
    expect(["kid_unknown", "scope_invalid"]).toContain(
      (await app.refusal({ jwt: mint(agents, claimsOf("ann")) })).code,
    )
  })

  it("4.1 up to ten live keys; each is good, and a deleted one makes room", async () => {
    const app = await world.app()
    const keys = [app.key]
    for (const _ of range(9)) keys.push(await app.admin().createKey(app.id))
    const tooMany = await app.admin().request("POST", `/v1/apps/${app.id}/keys`, { role: "user" })
    expect(tooMany.status).toBeGreaterThanOrEqual(400)
    expect(tooMany.status).toBeLessThan(500)
    for (const key of keys)
      expect((await app.visitor({ jwt: app.token("ann", {}, key) })).view.user?.externalId).toBe("ann")
    await app.admin().deleteKey(app.id, keys.at(-1)?.kid ?? "")
    await app.admin().createKey(app.id)
  })
})

/** The same token on a live visitor's socket: refused by the same cause, and everything is as before. */
async function expectNoEffect(app: App, jwt: string, code: string): Promise<void> {
  const web = await app.visitor({ on: 1 })
  await web.send("before")
  const before = { user: web.view.user, received: await web.fetch() }
  expect(await web.code("login", { jwt })).toBe(code)
  expect(await web.fetch()).toEqual(before.received)
  expect(web.view.user).toEqual(before.user)
  const back = await app.visitor({ sessionToken: web.sessionToken })
  expect(back.view.user).toEqual(before.user)
  for (const id of ["ann", "bob"])
    expect(await app.admin().code("GET", `/v1/apps/${app.id}/users?externalId=${id}`)).toBe("not_found")
}
