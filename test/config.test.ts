import { randomBytes } from "node:crypto"
import { describe, expect, test } from "vitest"
import { ConfigError, type Environment, help, readConfig, SETTINGS, settingsTable } from "../src/config.ts"

const SECRETS = { ADMIN_TOKEN: "Vq2mX8tRk4Lz9wPd", SESSION_SECRET: "hJ6nB3yFc7GsQ1vE" }
const PRODUCTION = { NODE_ENV: "production", ...SECRETS }

function problems(env: Environment): readonly string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test("development needs nothing", () => {
  expect(readConfig({})).toEqual({
    mode: "development",
    port: 3000,
    host: "127.0.0.1",
    dataDir: "./data",
    redisUrl: undefined,
    redisPrefix: "",
    waitReplicas: 0,
    waitMs: 500,
    metricsToken: undefined,
    keepAliveMs: 75_000,
    adminToken: undefined,
    sessionSecret: undefined,
    logLevel: "info",
    drainMs: 10_000,
    trustedProxies: [],
    connectionsPerAddress: 1_000,
    handshakesPerAddress: 50,
    partitions: 1,
  })
})

test("production listens to everybody and has its secrets", () => {
  expect(readConfig(PRODUCTION)).toMatchObject({
    mode: "production",
    host: "0.0.0.0",
    adminToken: SECRETS.ADMIN_TOKEN,
    sessionSecret: SECRETS.SESSION_SECRET,
  })
})

test("an empty value counts as none, and a test run as development", () => {
  expect(readConfig({ PORT: "", HOST: "", REDIS_URL: "", NODE_ENV: "" })).toEqual(readConfig({}))
  expect(readConfig({ NODE_ENV: "test" }).mode).toBe("development")
})

test("only Redis has partitions", () => {
  expect(readConfig({ PARTITIONS: "8" }).partitions).toBe(1)
  expect(readConfig({ PARTITIONS: "8", REDIS_URL: "redis://localhost" }).partitions).toBe(8)
})

describe("what production refuses", () => {
  test.each([
    ["missing", undefined],
    ["empty", ""],
    ["short", "Vq2mX8tRk4Lz9wP"],
    ["repeated", "abcabcabcabcabcabc"],
    ["one letter", "aaaaaaaaaaaaaaaaaaaaaaa"],
    ["counted", "1234567890123456"],
    ["well-known", "admin-token-123456"],
    ["well-known", "password_password!"],
    ["a placeholder", "please-change-me-soon"],
    ["a placeholder that says what to do", "insert-8f2kQm71-vNzX4p"],
    ["a placeholder that says where", "8f2kQm71vNzX4p-goes-here"],
    ["a default", "default-session-secret"],
    ["a keyboard's", "qwertyuiopasdfghjkl"],
    ["the alphabet's", "abcdefghijklmnopqrstuvwxyz"],
    ["a shell's, not filled in", "$(openssl rand -base64 32)".replaceAll(" ", "_")],
    ["a page's, not filled in", "<replace-with-random-text>"],
    ["described", "my-production-session-secret-1"],
    ["a program's nothing", "undefined-undefined"],
    ["a well-known phrase", "correct-horse-battery-staple"],
  ])("%s secrets", (_, secret) => {
    const found = problems({ NODE_ENV: "production", ADMIN_TOKEN: secret, SESSION_SECRET: secret })
    expect(found.map((problem) => problem.split(" ")[0])).toEqual(["ADMIN_TOKEN", "SESSION_SECRET"])
  })

  test("equal secrets", () => {
    const found = problems({ ...PRODUCTION, METRICS_TOKEN: SECRETS.ADMIN_TOKEN })
    expect(found).toEqual(["ADMIN_TOKEN, SESSION_SECRET and METRICS_TOKEN must differ from one another."])
  })

  test("a secret that is a part of another, or differs in its capitals", () => {
    for (const other of [`${SECRETS.ADMIN_TOKEN}2`, SECRETS.ADMIN_TOKEN?.toLowerCase()])
      expect(problems({ ...PRODUCTION, METRICS_TOKEN: other })).toHaveLength(1)
  })

  test("and what a generator makes is good", () => {
    for (let n = 0; n < 200; n += 1) {
      const [one, other] = [randomBytes(32).toString("base64"), randomBytes(16).toString("hex")]
      expect(problems({ NODE_ENV: "production", ADMIN_TOKEN: one, SESSION_SECRET: other })).toEqual([])
    }
  })

  test("development does not mind", () => {
    expect(readConfig({ ADMIN_TOKEN: "short" }).adminToken).toBe("short")
  })
})

describe("bad values", () => {
  test.each([
    ["PORT", "65536"],
    ["PORT", "-1"],
    ["PORT", "80.5"],
    ["PORT", "0x50"],
    ["PORT", "http"],
    ["PARTITIONS", "0"],
    ["PARTITIONS", "65"],
    ["DRAIN_MS", "10s"],
    ["LOG_LEVEL", "verbose"],
    ["NODE_ENV", "staging"],
    ["REDIS_URL", "localhost:6379"],
    ["REDIS_URL", "http://localhost"],
    ["REDIS_URL", "redis://a:1,b:2"],
    ["REDIS_URL", "redis://:p@a/one"],
    ["REDIS_URL", "redis://a,rediss://b"],
    ["REDIS_PREFIX", "staging"],
    ["REDIS_WAIT_REPLICAS", "1"],
    ["TRUSTED_PROXIES", "0.0.0.0/0"],
    ["TRUSTED_PROXIES", "10.0.0.0/8,::/000"],
    ["REDIS_PREFIX", "my app"],
    ["KEEP_ALIVE_MS", "75s"],
    ["ADMIN_TOKEN", "Vq2mX8tRk4Lz9wPd\n"],
    ["ADMIN_TOKEN", "Vq2mX8tR k4Lz9wPd"],
    ["ADMIN_TOKEN", "Vq2mX8tRk4Lz9wPü"],
    ["METRICS_TOKEN", "\tVq2mX8tRk4Lz9wPd"],
    ["SESSION_SECRET", "Vq2mX8tRk4Lz9wPd\n"],
    ["SESSION_SECRET", " Vq2mX8tRk4Lz9wPd"],
  ])("%s=%s", (name, value) => {
    const found = problems({ [name]: value })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(new RegExp(`^${name} must (?:be|have) .*\\.$`))
  })

  test.each([
    "redis://a",
    "rediss://u:p@a:1/2",
    "redis://a:1,redis://b:2",
    "redis+sentinel://a:1,b:2/mymaster",
  ])("but REDIS_URL=%s is good", (url) => {
    expect(readConfig({ REDIS_URL: url }).redisUrl).toBe(url)
  })

  test("all of them are told at once, and none with its value", () => {
    const env = { ...PRODUCTION, PORT: "x", LOG_LEVEL: "x", ADMIN_TOKEN: "hunter2" }
    expect(problems(env)).toHaveLength(3)
    expect(() => readConfig(env)).toThrow(/^(?!.*hunter2)/s)
  })
})

test("help and the the page's table tell every setting and no secret's value", () => {
  for (const { name } of Object.values(SETTINGS)) {
    expect(settingsTable()).toContain(`| \`${name}\` |`)
    expect(help()).toContain(`  ${name} `)
  }
})
