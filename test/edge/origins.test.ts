/** docs/protocol.md 8: from which pages and apps a handshake may come. */
import { expect, test } from "vitest"
import { comesFromAllowed } from "../../src/edge/auth/origins.ts"

const SHOP = "https://shop.example"
const from = (origin: string | undefined, host = "hub.example", allowed = [SHOP]): boolean =>
  comesFromAllowed(allowed, { origin, host })

test("an app that lists no origin allows all; a request without an Origin is from no browser", () => {
  expect(from("https://anywhere.example", "hub.example", [])).toBe(true)
  expect(from(undefined)).toBe(true)
})

test("what is listed, byte for byte", () => {
  expect(from(SHOP)).toBe(true)
  for (const origin of [
    "http://shop.example",
    "https://shop.example.evil.example",
    "https://shop.example:444",
    "",
  ])
    expect(from(origin), origin).toBe(false)
})

test("pages of files send null or file://; both are listed as file://", () => {
  for (const origin of ["null", "file://"]) {
    expect(from(origin), origin).toBe(false)
    expect(from(origin, "hub.example", [SHOP, "file://"]), origin).toBe(true)
  }
})

test.each([
  ["https://hub.example", "hub.example"],
  ["https://hub.example", "hub.example:443"],
  ["http://hub.example", "hub.example:80"],
  ["http://10.0.2.2:3000", "10.0.2.2:3000"],
  ["http://[::1]:3000", "[::1]:3000"],
])("React Native names the hub itself: %s to %s", (origin, host) => expect(from(origin, host)).toBe(true))

test.each([
  ["https://hub.example", "hub.example:444"],
  ["https://hub.example", "other.example"],
  ["https://hub.example", ""],
  ["https://hub.example@evil.example", "hub.example"],
  ["ws://hub.example", "hub.example"],
  ["https://hub.example/", "hub.example"],
])("not itself: %s to %s", (origin, host) => expect(from(origin, host)).toBe(false))

test("without a Host nothing is the hub's own", () => {
  expect(comesFromAllowed([SHOP], { origin: "https://undefined" })).toBe(false)
})
