import { describe, expect, test } from "vitest"
import { createLog, type LogFields, type LogLevel } from "../../src/lib/log.ts"

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzY29wZSI6InVzZXIifQ.c2lnbmF0dXJl"

function logged(level: LogLevel = "debug") {
  const lines: string[] = []
  return { lines, log: createLog({ level, sink: (line) => lines.push(line), now: () => 0 }) }
}
const written = (fields: LogFields): string => {
  const { lines, log } = logged()
  log.info("said", fields)
  return lines.join("")
}

test("a line of JSON with time, level, message and fields", () => {
  const { lines, log } = logged()
  log.child({ node: 1 }).warn("two\nlines", { userId: "usr_1" })
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^\{[^\n]*\}\n$/)
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    time: "1970-01-01T00:00:00.000Z",
    level: "warn",
    message: "two\nlines",
    node: 1,
    userId: "usr_1",
  })
})

test("levels below the least one are not written, by children neither", () => {
  const { lines, log } = logged("warn")
  for (const each of [log, log.child({})]) {
    each.debug("no")
    each.info("no")
    each.warn("yes")
    each.error("yes")
  }
  expect(lines).toHaveLength(4)
})

test("a field cannot pass for the time, the level or the message", () => {
  expect(JSON.parse(written({ level: "error", message: "other" }))).toMatchObject({
    level: "info",
    message: "said",
  })
})

describe("credentials are never written", () => {
  test.each([
    "token",
    "jwt",
    "secret",
    "sessionToken",
    "authorization",
    "Authorization",
    "cookie",
    "Set-Cookie",
  ])("a field named %s", (name) => {
    expect(written({ [name]: "hidden", deep: { list: [{ [name]: "hidden" }] }, seen: 1 })).not.toContain(
      "hidden",
    )
  })

  test.each([
    ["a text", { note: `failed on ${JWT}` }],
    ["a cut text", { note: JWT.slice(0, 30) }],
    ["an address", { url: `/x?t=${JWT}&y` }],
    ["a list", { list: [[JWT]] }],
    ["an error, its cause and its stack", { error: new Error(`bad ${JWT}`, { cause: new Error(JWT) }) }],
  ])("a JWS inside %s", (_, fields) => {
    const line = written(fields)
    expect(line).toContain("[credential]")
    expect(line).not.toContain(JWT.slice(0, 20))
  })

  test("what a library hung on its error, and the user and password of an address", () => {
    const command = { name: "auth", args: ["hunter2"] }
    const error = Object.assign(new Error("WRONGPASS at redis://:hunt@er2@h:1"), { command, code: "ERR" })
    const line = written({ error, at: "see redis+sentinel://u:hunter2@a:1,b:2/main" })
    expect(line).not.toMatch(/hunt|er2/)
    expect(line).toMatch(/WRONGPASS.*"code":"ERR".*a:1,b:2/)
  })

  test("a JWS in the message or among the fields of a child", () => {
    const { lines, log } = logged()
    log.child({ at: JWT, token: "hidden" }).error(`no: ${JWT}`)
    expect(lines.join("")).not.toMatch(/eyJ|hidden/)
  })

  test("names of hosts and versions stay", () => {
    expect(written({ host: "www.shop.example.com", version: "1.22.333" })).toContain("www.shop.example.com")
  })
})

test("whatever it is given, it writes", () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  const odd = {
    circle,
    big: 1n,
    date: new Date(Number.NaN),
    bytes: new Uint8Array(9),
    none: undefined,
    nan: Number.NaN,
  }
  const line = written({ ...odd, run: () => {}, sym: Symbol("s"), long: "x".repeat(100_000) })
  expect(line.length).toBeLessThan(6000)
  expect(JSON.parse(line)).toMatchObject({ big: "1", bytes: "[9 bytes]" })
})
