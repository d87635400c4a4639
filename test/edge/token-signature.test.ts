/**
 * A token is judged by its form, its key and its signature first, each with a code of its own
 * (docs/protocol.md 4.1, 4.7).
 */
import { describe, expect, test } from "vitest"
import { agent, code, good, HOUR, NOW, SECONDS, token, user, verifier } from "./signed-token.ts"

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

  test("a key of role user signs no agent's token", async () => {
    expect(await code(agent(token({ scope: "agent", sub: "agent-1", exp: SECONDS + HOUR })))).toBe(
      "kid_unknown",
    )
  })

  test("what cannot be a kid is not looked up", async () => {
    const never = () => {
      throw new Error("looked for")
    }
    for (const kid of ["a b", "x".repeat(65), "../app_user"]) {
      const verified = verifier.user({ jwt: token(good(), { kid }), keyOf: never, now: NOW })
      expect(await code(verified)).toBe("kid_unknown")
    }
  })

  test("an error of the key lookup is passed on", async () => {
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
