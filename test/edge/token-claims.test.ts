/**
 * What a signed token says: each claim that refuses has a code of its own, and both sides of each boundary are known
 * (docs/protocol.md 4.1, 4.7).
 */
import { describe, expect, test } from "vitest"
import { agent, code, good, HOUR, NOW, SECONDS, token, user, without } from "./signed-token.ts"

describe("what a good token says", () => {
  test("everything a host can say", async () => {
    const claims = good({ name: "Ada", email: "ada@example.com", email_verified: true, iat: SECONDS - 5 })
    expect(await user(token(claims))).toEqual({
      kid: "app_user",
      externalId: "ada",
      name: "Ada",
      email: "ada@example.com",
      emailVerified: true,
      issuedAt: SECONDS - 5,
      expiresAt: NOW + HOUR * 1000,
    })
  })

  test("no more than it must", async () => {
    expect(await user(token(good()))).toEqual({
      kid: "app_user",
      externalId: "ada",
      emailVerified: false,
      expiresAt: NOW + HOUR * 1000,
    })
  })

  test.each([["true"], [1], [false], [null], [undefined]])(
    "email_verified %j does not count",
    async (claim) => {
      const claims = good({ email: "ada@example.com", email_verified: claim })
      expect(await user(token(claims))).toMatchObject({ email: "ada@example.com", emailVerified: false })
    },
  )

  test("email_verified without an email does not count, and an empty text is as none", async () => {
    const claims = await user(token(good({ name: "", email: "", email_verified: true })))
    expect(claims).toEqual({
      kid: "app_user",
      externalId: "ada",
      emailVerified: false,
      expiresAt: NOW + HOUR * 1000,
    })
  })

  test("an agent's token names the agent", async () => {
    const claims = { scope: "agent", sub: "agent-1", name: "Grace", exp: SECONDS + HOUR }
    expect(await agent(token(claims, { kid: "app_agent" }, "a".repeat(43)))).toEqual({
      kid: "app_agent",
      agentId: "agent-1",
      name: "Grace",
      expiresAt: NOW + HOUR * 1000,
    })
  })

  test("an exp beyond all dates ends with the last date there is", async () => {
    for (const exp of ["1e300", "1e400"]) {
      const claims = `{"scope":"user","external_id":"ada","exp":${exp}}`
      expect(await user(token(claims))).toMatchObject({ expiresAt: 8.64e15 })
    }
  })
})

describe("time", () => {
  test.each([
    ["token_expired", { exp: SECONDS - 5 }],
    ["token_expired", { exp: SECONDS }],
    ["accepted", { exp: SECONDS + 0.001 }],
    ["token_expired", { exp: -1e300 }],
    ["token_not_yet_valid", { nbf: SECONDS + 10.001 }],
    ["accepted", { nbf: SECONDS + 10 }],
    ["token_not_yet_valid", { iat: SECONDS + 10.001 }],
    ["accepted", { iat: SECONDS + 10 }],
    ["token_not_yet_valid", { iat: 1e300 }],
    ["expiry_missing", { exp: undefined }],
    ["expiry_missing", { exp: undefined, nbf: SECONDS }],
    ["token_expired", { exp: undefined, iat: SECONDS - 24 * HOUR }],
    ["accepted", { exp: undefined, iat: SECONDS - 24 * HOUR + 1 }],
    ["accepted", { exp: SECONDS + HOUR, iat: SECONDS - 1000 * HOUR }],
  ])("%s: %o", async (expected, times) => {
    expect(await code(user(token(good(times))))).toBe(expected)
  })

  test("without exp a token is good for 24 hours after its iat", async () => {
    const claims = await user(token(good({ exp: undefined, iat: SECONDS - HOUR })))
    expect(claims).toMatchObject({ issuedAt: SECONDS - HOUR, expiresAt: NOW + 23 * HOUR * 1000 })
  })
})

describe("types of the claims: token_malformed", () => {
  test.each([[{ exp: String(SECONDS + HOUR) }], [{ exp: null }], [{ iat: "now" }], [{ nbf: true }]])(
    "%j",
    async (claims) => {
      expect(await code(user(token(good(claims))))).toBe("token_malformed")
    },
  )
})

describe("a bad claim of the profile refuses no sign-in", () => {
  test.each([
    [null, undefined],
    [1, undefined],
    [{ first: "Ada" }, undefined],
    ["\ud800", undefined],
    ["x".repeat(256), "x".repeat(255)],
    [`${"😀".repeat(255)}\ud83d`, "😀".repeat(255)],
    ["Ada 😀".slice(0, 5), "Ada "],
  ])("name %j", async (name, kept) => {
    expect((await user(token(good({ name })))).name).toBe(kept)
    const jwt = token(
      { scope: "agent", sub: "1", name, exp: SECONDS + HOUR },
      { kid: "app_agent" },
      "a".repeat(43),
    )
    expect((await agent(jwt)).name).toBe(kept)
  })

  test.each([
    [null],
    [7],
    [{ address: "ada@example.com" }],
    ["ada"],
    ["ada @example.com"],
    ["ada@example.com\ud83d"],
    [`${"x".repeat(117)}@example.com`],
  ])("email %j", async (email) => {
    const claims = await user(token(good({ email, email_verified: true })))
    expect(claims.email).toBeUndefined()
    expect(claims.emailVerified).toBe(false)
  })
})

describe("scope and identity", () => {
  test.each([
    ["scope_invalid", without("scope")],
    ["scope_invalid", good({ scope: "agent" })],
    ["scope_invalid", good({ scope: "User" })],
    ["scope_invalid", good({ scope: ["user"] })],
    ["external_id_missing", without("external_id")],
    ["external_id_invalid", good({ external_id: null })],
    ["external_id_invalid", good({ external_id: 7 })],
    ["external_id_invalid", good({ external_id: "" })],
    ["external_id_invalid", good({ external_id: "x".repeat(256) })],
    ["accepted", good({ external_id: "x".repeat(255) })],
    ["accepted", good({ external_id: "😀".repeat(255) })],
    ["external_id_invalid", good({ external_id: "😀".repeat(256) })],
    ["external_id_invalid", good({ external_id: "\ud800" })],
    ["external_id_invalid", good({ external_id: "hc:1" })],
    ["accepted", good({ external_id: "HC:1" })],
    ["accepted", good({ external_id: "\u0000 __proto__ \u202e" })],
  ])("%s %#", async (expected, claims) => {
    expect(await code(user(token(claims)))).toBe(expected)
  })

  test("an agent's token without a usable sub is refused", async () => {
    for (const sub of [undefined, "", 7, "\ud800", "x".repeat(256)]) {
      const jwt = token({ scope: "agent", sub, exp: SECONDS + HOUR }, { kid: "app_agent" }, "a".repeat(43))
      expect(await code(agent(jwt))).toBe("token_malformed")
    }
  })
})
