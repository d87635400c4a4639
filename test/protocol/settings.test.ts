import { describe, expect, test } from "vitest"
import { HubError } from "../../src/protocol/errors.ts"
import { appSettings, changedSettings, DEFAULT_SETTINGS, settingsPatch } from "../../src/protocol/settings.ts"

test("the defaults are settings", () => {
  expect(appSettings.parse(DEFAULT_SETTINGS)).toEqual(DEFAULT_SETTINGS)
})

test("a change changes what it names and nothing else, inside the groups too", () => {
  const changed = changedSettings(DEFAULT_SETTINGS, {
    emailConflict: "ignore",
    agentWorkspace: undefined,
    rateLimits: { burst: 5, sendsPerSecond: undefined },
    defaultResponder: { enabled: true },
  })
  expect(changed).toEqual({
    ...DEFAULT_SETTINGS,
    emailConflict: "ignore",
    rateLimits: { sendsPerSecond: 20, burst: 5 },
    defaultResponder: { enabled: true, askFor: ["name", "email"] },
  })
})

test("an enabled help centre needs cookie and key, named now or before", () => {
  const on = { helpCenter: { enabled: true } }
  expect(() => changedSettings(DEFAULT_SETTINGS, on)).toThrow(HubError)
  const prepared = changedSettings(DEFAULT_SETTINGS, { helpCenter: { cookie: "hc_jwt", key: "app_1" } })
  expect(changedSettings(prepared, on).helpCenter).toEqual({
    enabled: true,
    origins: [],
    cookie: "hc_jwt",
    key: "app_1",
  })
})

describe("allowed origins are as a browser sends them", () => {
  const accepted = (origin: string) => settingsPatch.safeParse({ allowedOrigins: [origin] }).success

  test.each([
    "https://shop.example",
    "http://localhost:5173",
    "http://127.0.0.1:8080",
    "http://[::1]:3000",
    "capacitor://localhost",
    "https://xn--mnchen-3ya.example",
    "file://",
  ])("%s", (origin) => expect(accepted(origin)).toBe(true))

  test.each([
    "",
    "*",
    "null",
    "shop.example",
    "https://shop.example/",
    "https://shop.example/path",
    "https://Shop.example",
    "https://shop.example:443",
    "https://user@shop.example",
    "https://*.example",
    "https://münchen.example",
    "file:///",
  ])("not %j", (origin) => expect(accepted(origin)).toBe(false))

  test("pages of files are never a help centre's", () => {
    expect(settingsPatch.safeParse({ helpCenter: { origins: ["file://"] } }).success).toBe(false)
  })
})
