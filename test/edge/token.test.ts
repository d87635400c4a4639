/** Every refusal of a token has a cause of its own (docs/protocol.md 4.1, 4.7), and both sides of each boundary are known. */
import { createHmac } from "node:crypto"
import { describe, expect, test } from "vitest"
import type { SigningKey } from "../../src/edge/auth/token-signature.ts"
import { tokenVerifier } from "../../src/edge/auth/token-verifier.ts"
import { HubError } from "../../src/protocol/errors.ts"

const NOW = 1_700_000_000_000
const SECONDS = NOW / 1000
const HOUR = 3600
const KEYS: Record<string, SigningKey> = {
  app_user: { role: "user", secret: "u".repeat(43) },
  app_agent: { role: "agent", secret: "a".repeat(43) },
}
const keyOf = (kid: string): SigningKey | undefined => KEYS[kid]

const encoded = (part: unknown): string =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url")

/** Signs whatever it is given; `undefined` leaves a field out; text stands for itself. */
function token(claims: object | string, header: object | string = {}, secret = "u".repeat(43)): string {
  const head = typeof header === "string" ? header : { alg: "HS256", kid: "app_user", ...header }
  const input = `${encoded(head)}.${encoded(claims)}`
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`
}
const good = (more: object = {}) => ({ scope: "user", external_id: "ada", exp: SECONDS + HOUR, ...more })
const without = (name: string) => good({ [name]: undefined })

const verifier = tokenVerifier()
const user = (jwt: string) => verifier.user({ jwt, keyOf, now: NOW })
const agent = (jwt: string) => verifier.agent({ jwt, keyOf, now: NOW })
const code = (verified: Promise<unknown>) =>
  verified.then(
    () => "accepted",
    (error: unknown) => (error instanceof HubError ? error.code : error),
  )

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

  test("a verified nothing does not count, and empty text is none", async () => {
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

  test("exp for ever ends with the last date there is", async () => {
    for (const exp of ["1e300", "1e400"]) {
      const claims = `{"scope":"user","external_id":"ada","exp":${exp}}`
      expect(await user(token(claims))).toMatchObject({ expiresAt: 8.64e15 })
    }
  })
})

describe("form: token_malformed", () => {
  test.each([
    ["nothing", ""],
    ["text", "hello"],
    ["two parts", "e30.e30"],
    ["four parts", `${token(good())}.e30`],
    ["padding", token(good()).replace(".", "=.")],
    ["a header that is no JSON", token(good(), "{")],
    ["a header that is an array", token(good(), "[]")],
    ["a header without alg", token(good(), { alg: undefined })],
    ["an alg that is no string", token(good(), { alg: 1 })],
    ["a kid that is no string", token(good(), { kid: 1 })],
    ["an extension it must understand", token(good(), { crit: ["b64"], b64: false })],
    ["a payload that is no JSON", token("{")],
    ["a payload that is null", token("null")],
    ["a payload that is an array", token("[]")],
    ["a payload that is not UTF-8", token(good()).replace(/\.[^.]+\./, ".eyL_In0.")],
  ])("%s", async (_, jwt) => {
    expect(await code(user(jwt))).toBe("token_malformed")
  })

  test("8,192 bytes are enough, one more is too many", async () => {
    const bare = token(good({ pad: "" })).length
    const padded = (length: number) => {
      const filler = "x".repeat(Math.floor(((length - bare) * 3) / 4))
      return token(good({ pad: filler }))
    }
    const [fits, tooLong] = [padded(8192), padded(8194)]
    expect(fits.length).toBeGreaterThan(8188)
    expect(fits.length).toBeLessThanOrEqual(8192)
    expect(tooLong.length).toBeGreaterThan(8192)
    expect(await code(user(fits))).toBe("accepted")
    expect(await code(user(tooLong))).toBe("token_malformed")
  })
})

describe("key, algorithm, signature", () => {
  test.each([
    ["kid_missing", token(good(), { kid: undefined })],
    ["kid_missing", token(good(), { kid: "" })],
    ["kid_unknown", token(good(), { kid: "app_other" })],
    ["kid_unknown", token(good(), { kid: "app_agent" }, "a".repeat(43))],
    ["alg_not_allowed", token(good(), { alg: "none" })],
    ["alg_not_allowed", token(good(), { alg: "none" }).replace(/[^.]+$/, "")],
    ["alg_not_allowed", token(good(), { alg: "HS384" })],
    ["alg_not_allowed", token(good(), { alg: "RS256" })],
    ["signature_invalid", token(good(), {}, "another secret")],
    ["signature_invalid", token(good()).replace(/[^.]+$/, "")],
    ["signature_invalid", `${token(good()).replace(/\.[^.]+$/, "")}.AAAA`],
  ])("%s", async (expected, jwt) => {
    expect(await code(user(jwt))).toBe(expected)
  })

  test("no character of the signature may change, the last one's idle bits neither", async () => {
    const jwt = token(good())
    const last = jwt.slice(-1)
    const others = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].filter(
      (c) => c !== last,
    )
    const judged = await Promise.all(others.map((other) => code(user(`${jwt.slice(0, -1)}${other}`))))
    expect(new Set(judged)).toEqual(new Set(["signature_invalid"]))
  })

  test("an end user's key opens no agent's door", async () => {
    expect(await code(agent(token({ scope: "agent", sub: "agent-1", exp: SECONDS + HOUR })))).toBe(
      "kid_unknown",
    )
  })

  test("what cannot be a kid is never looked for", async () => {
    const never = () => {
      throw new Error("looked for")
    }
    for (const kid of ["a b", "x".repeat(65), "../app_user"]) {
      const verified = verifier.user({ jwt: token(good(), { kid }), keyOf: never, now: NOW })
      expect(await code(verified)).toBe("kid_unknown")
    }
  })

  test("an error of the key's keeper is passed on", async () => {
    const away = new Error("store away")
    const verified = verifier.user({ jwt: token(good()), keyOf: () => Promise.reject(away), now: NOW })
    expect(await code(verified)).toBe(away)
  })

  test("a kid whose secret changed is judged by the new secret", async () => {
    const renewed = { role: "user", secret: "n".repeat(43) } as const
    const by = (secret: string) =>
      code(verifier.user({ jwt: token(good(), {}, secret), keyOf: () => renewed, now: NOW }))
    expect(await code(user(token(good())))).toBe("accepted")
    expect([await by("u".repeat(43)), await by("n".repeat(43))]).toEqual(["signature_invalid", "accepted"])
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

describe("claims that only adorn keep nobody out", () => {
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

  test("an agent without a usable sub is nobody", async () => {
    for (const sub of [undefined, "", 7, "\ud800", "x".repeat(256)]) {
      const jwt = token({ scope: "agent", sub, exp: SECONDS + HOUR }, { kid: "app_agent" }, "a".repeat(43))
      expect(await code(agent(jwt))).toBe("token_malformed")
    }
  })
})

test("the order of judgement: form, kid, alg, signature, types, time, scope, identity", async () => {
  const bad = { nbf: "now", exp: SECONDS - 1, scope: "none", external_id: "" }
  const steps: [string, string][] = [
    ["token_malformed", token("[]", { kid: "app_other", alg: "none" }, "wrong")],
    ["kid_missing", token(bad, { kid: undefined, alg: "none" }, "wrong")],
    ["kid_unknown", token(bad, { kid: "app_other", alg: "none" }, "wrong")],
    ["alg_not_allowed", token(bad, { alg: "none" }, "wrong")],
    ["signature_invalid", token(bad, {}, "wrong")],
    ["token_malformed", token(bad)],
    ["token_expired", token({ ...bad, nbf: undefined })],
    ["scope_invalid", token({ ...bad, nbf: undefined, exp: SECONDS + 1 })],
    ["external_id_invalid", token({ ...bad, nbf: undefined, exp: SECONDS + 1, scope: "user" })],
  ]
  const judged = await Promise.all(steps.map(([, jwt]) => code(user(jwt))))
  expect(judged).toEqual(steps.map(([expected]) => expected))
})

test("no refusal quotes the token", async () => {
  const jwt = token(good({ external_id: "hc:very-private" }))
  const error = await user(jwt).catch((refused: unknown) => refused)
  expect(String(error)).not.toContain(jwt.slice(0, 20))
  expect(String(error)).not.toContain("very-private")
})
