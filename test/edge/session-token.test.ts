import { decodeJwt, decodeProtectedHeader, SignJWT } from "jose"
import { describe, expect, test } from "vitest"
import { sessionTokens, shouldRenew } from "../../src/edge/auth/session-token.ts"
import { tokenVerifier } from "../../src/edge/auth/token-verifier.ts"
import { HubError } from "../../src/protocol/errors.ts"

const SECRET = "a session secret of the hub"
const DAY = 24 * 60 * 60 * 1000
const NOW = 1_700_000_000_000
const session = { userId: "usr_1", sessionId: "ses_1", issuedAt: NOW / 1000 }

const tokens = sessionTokens(SECRET)
const code = (verified: Promise<unknown>) =>
  verified.then(
    () => "accepted",
    (error: unknown) => (error instanceof HubError ? error.code : error),
  )

describe("a session token", () => {
  test("names user and session, and when it was issued", async () => {
    const token = tokens.sign("shop", session)
    expect(await tokens.verify(token, { appId: "shop", now: NOW + DAY })).toEqual({
      userId: "usr_1",
      sessionId: "ses_1",
      issuedAt: NOW / 1000,
    })
  })

  test("is known on every node that has the secret, and nowhere else", async () => {
    const token = tokens.sign("shop", session)
    const at = { appId: "shop", now: NOW }
    expect(await code(sessionTokens(SECRET).verify(token, at))).toBe("accepted")
    expect(await code(sessionTokens("another secret").verify(token, at))).toBe("session_invalid")
  })

  test("is the same whenever its session is signed, and good for other readers of JWS", async () => {
    const token = tokens.sign("shop", session)
    expect(tokens.sign("shop", { ...session })).toBe(token)
    expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "tributary-session" })
    expect(decodeJwt(token)).toEqual({
      sid: "ses_1",
      aud: "tributary-session:shop",
      sub: "usr_1",
      iat: NOW / 1000,
      exp: (NOW + 180 * DAY) / 1000,
    })
  })

  test("opens its own app only", async () => {
    const token = tokens.sign("shop", session)
    expect(await code(tokens.verify(token, { appId: "shop2", now: NOW }))).toBe("session_invalid")
  })

  test("lives 180 days", async () => {
    const token = tokens.sign("shop", session)
    expect(await code(tokens.verify(token, { appId: "shop", now: NOW + 180 * DAY - 1000 }))).toBe("accepted")
    expect(await code(tokens.verify(token, { appId: "shop", now: NOW + 180 * DAY }))).toBe("session_invalid")
  })

  test("is renewed once it is a day old", () => {
    expect(shouldRenew(session, NOW + DAY - 1)).toBe(false)
    expect(shouldRenew(session, NOW + DAY)).toBe(true)
  })

  test.each([[""], ["x"], ["e30.e30."], ["a.b.c"]])("is not %j", async (text) => {
    expect(await code(tokens.verify(text, { appId: "shop", now: NOW }))).toBe("session_invalid")
  })

  test("cannot be changed by one character", async () => {
    const token = tokens.sign("shop", session)
    const [head = "", payload = "", signature = ""] = token.split(".")
    const changed = payload.startsWith("eyJ") ? `eyI${payload.slice(3)}` : payload
    const at = { appId: "shop", now: NOW }
    expect(await code(tokens.verify(`${head}.${changed}.${signature}`, at))).toBe("session_invalid")
    for (const other of [..."ABCDwxyz0189-_"].filter((character) => !token.endsWith(character))) {
      expect(await code(tokens.verify(`${token.slice(0, -1)}${other}`, at))).toBe("session_invalid")
    }
    expect(await code(tokens.verify(`${head}.${payload}.`, at))).toBe("session_invalid")
  })
})

describe("two kinds of tokens that never pass for each other", () => {
  const hostKey = { role: "user", secret: SECRET } as const

  test("a session token is no user's token", async () => {
    const jwt = tokens.sign("shop", session)
    expect(await code(tokenVerifier().user({ jwt, keyOf: () => hostKey, now: NOW }))).toBe("kid_missing")
  })

  test("a host that signs with the very secret of the hub makes no session token", async () => {
    const claims = { sid: "ses_1", scope: "user", external_id: "ada" }
    const made = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", typ: "tributary-session" })
      .setAudience("tributary-session:shop")
      .setSubject("usr_1")
      .setIssuedAt(NOW / 1000)
      .setExpirationTime(NOW / 1000 + 60)
      .sign(new TextEncoder().encode(SECRET))
    expect(await code(tokens.verify(made, { appId: "shop", now: NOW }))).toBe("session_invalid")
  })
})
