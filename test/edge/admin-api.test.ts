/** Routing of the admin API (docs/protocol.md 8): authorization, routes, and what is refused before a call. */
import { once } from "node:events"
import { request } from "node:http"
import { describe, expect, test } from "vitest"
import { HubError } from "../../src/protocol/errors.ts"
import { StoreUnavailable } from "../../src/store/contract.ts"
import { call, refused, stage, TOKEN } from "./http-stage.ts"

const here = stage()

describe("the admin's bearer", () => {
  test.each([
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    `Bearer ${TOKEN}x`,
    `Basic ${TOKEN}`,
    TOKEN,
    "Bearer a b",
  ])("%j opens nothing, not even the list of what is there", async (authorization) => {
    for (const path of ["/v1/apps/shop", "/v1/nothing"]) {
      expect(await call(here, "GET", path, undefined, authorization)).toMatchObject(refused(403, "forbidden"))
    }
    expect(here.asked).toEqual([])
  })
})

describe("every call reaches the port with its request", () => {
  const body = { localId: "l1", author: { type: "bot", id: "b" }, content: { type: "text", text: "hello" } }
  test.each([
    ["POST", "/v1/apps", undefined, 201, "createApp", {}],
    ["POST", "/v1/apps", { id: "shop", name: "Shop" }, 201, "createApp", { id: "shop", name: "Shop" }],
    ["GET", "/v1/apps/shop", undefined, 200, "getApp", { appId: "shop" }],
    [
      "PATCH",
      "/v1/apps/shop",
      { settings: { rateLimits: { burst: 5 } } },
      200,
      "patchApp",
      { appId: "shop", settings: { rateLimits: { burst: 5 } } },
    ],
    ["POST", "/v1/apps/shop/keys", { role: "agent" }, 201, "createKey", { appId: "shop", role: "agent" }],
    ["GET", "/v1/apps/shop/keys", undefined, 200, "listKeys", { appId: "shop" }],
    ["DELETE", "/v1/apps/shop/keys/app_1", undefined, 200, "deleteKey", { appId: "shop", kid: "app_1" }],
    ["GET", "/v1/apps/shop/users/usr_1", undefined, 200, "getUser", { appId: "shop", userId: "usr_1" }],
    [
      "GET",
      "/v1/apps/shop/users?externalId=a%2Fb+%C3%A9",
      undefined,
      200,
      "findUser",
      { appId: "shop", externalId: "a/b é" },
    ],
    [
      "POST",
      "/v1/apps/shop/users/merge",
      { survivingUserId: "usr_1", discardedUserId: "usr_2", dryRun: true },
      200,
      "mergeUsers",
      { appId: "shop", survivingUserId: "usr_1", discardedUserId: "usr_2", dryRun: true },
    ],
    [
      "POST",
      "/v1/apps/shop/agents/ada%40shop.example/links",
      { name: "Ada", expiresInSeconds: 60 },
      201,
      "createAgentLink",
      { appId: "shop", agentId: "ada@shop.example", name: "Ada", expiresInSeconds: 60 },
    ],
    [
      "GET",
      "/v1/apps/shop/conversations/con_1",
      undefined,
      200,
      "getConversation",
      { appId: "shop", conversationId: "con_1" },
    ],
    [
      "GET",
      "/v1/apps/shop/conversations/con_1/messages?limit=100",
      undefined,
      200,
      "listMessages",
      { appId: "shop", conversationId: "con_1", limit: 100 },
    ],
    [
      "POST",
      "/v1/apps/shop/conversations/con_1/messages",
      body,
      201,
      "postMessage",
      { appId: "shop", conversationId: "con_1", ...body },
    ],
  ])("%s %s", async (method, path, body, status, name, request) => {
    expect(await call(here, method, path, body)).toMatchObject({ status })
    expect(here.asked).toEqual([[name, request]])
  })
})

describe("what the admin API refuses", () => {
  test.each([
    ["POST", "/v1/apps", { appName: "x" }, /^appName: unknown field/],
    ["POST", "/v1/apps", { id: "a b" }, /^id: must be an app id/],
    ["POST", "/v1/apps", { settings: { allowedOrigin: [] } }, /^settings.allowedOrigin: unknown field/],
    [
      "POST",
      "/v1/apps",
      { settings: { allowedOrigins: ["https://a.example/"] } },
      /^settings.allowedOrigins.0: must be an or/,
    ],
    ["POST", "/v1/apps", { settings: { conversationMode: "many" } }, /^settings.conversationMode: /],
    ["PATCH", "/v1/apps/shop", { id: "other" }, /^id: unknown field/],
    ["PATCH", "/v1/apps/shop", { appId: "other" }, /^appId: the path names it/],
    ["POST", "/v1/apps/shop/keys", {}, /^role: /],
    ["POST", "/v1/apps/shop/keys?role=user", {}, /^role: unknown field in this place/],
    ["DELETE", "/v1/apps/shop/keys/app_1", { force: true }, /^force: unknown field/],
    ["GET", "/v1/apps/shop?verbose=1", undefined, /^verbose: unknown field/],
    ["GET", "/v1/apps/shop/users", undefined, /^externalId: /],
    ["GET", "/v1/apps/shop/users?externalId=a&externalId=b", undefined, /^externalId: given more than once/],
    ["GET", "/v1/apps/shop/conversations/con_1/messages?limit=101", undefined, /^limit: /],
    ["GET", "/v1/apps/shop/conversations/con_1/messages?limit=ten", undefined, /^limit: must be a number/],
    ["GET", "/v1/apps/shop/conversations/con_1/messages?before=-", undefined, /^before: must be a position/],
    ["POST", "/v1/apps", "{", /not valid JSON/],
    ["POST", "/v1/apps", "[]", /not a JSON object/],
    ["POST", "/v1/apps", "null", /not a JSON object/],
    ["POST", "/v1/apps", '{"name":"\\ud800"}', /^name: holds a lone surrogate/],
    ["POST", "/v1/apps", '{"\\udfff":1}', /^body: has a field whose name cannot be kept/],
    ["POST", "/v1/apps", '{"__proto__":1}', /^body: has a field whose name cannot be kept/],
    [
      "POST",
      "/v1/apps",
      `{"name":${"[".repeat(30_000)}${"]".repeat(30_000)}}`,
      /^name[.0]*: is nested too deeply/,
    ],
    ["POST", "/v1/apps", { [`x${"🧪".repeat(100)}`]: 1 }, /^x(🧪){63}: unknown field/u],
    ["POST", "/v1/apps", `{"x${"🧪".repeat(100)}":"\\ud800"}`, /^x(🧪){63}: holds a lone surrogate/u],
    ["PUT", "/v1/apps/shop", undefined, /no PUT: use GET or PATCH/],
    [
      "DELETE",
      "/v1/apps/shop/users/merge",
      undefined,
      /no DELETE: use GET or POST|no DELETE: use POST or GET/,
    ],
  ])("%s %s %j", async (method, path, body, message) => {
    expect(await call(here, method, path, body)).toMatchObject(refused(400, "bad_request", message))
    expect(here.asked).toEqual([])
  })

  test("a body that is not UTF-8", async () => {
    const headers = { authorization: `Bearer ${TOKEN}` }
    const bytes = Buffer.from([0x7b, 0xff, 0x7d])
    const response = await fetch(`${here.url}/v1/apps`, { method: "POST", headers, body: bytes })
    expect(response.status).toBe(400)
  })

  test.each([
    ["/v1/apps/a%20b", "app_not_found"],
    ["/v1/apps/shop/users/a%20b", "not_found"],
    ["/v1/apps/shop/users/%E0%A4", "not_found"],
    ["/v1/apps/shop/conversations/", "not_found"],
    ["/v1/apps/", "not_found"],
    ["/v1/", "not_found"],
    ["/v1/__proto__", "not_found"],
    ["/v1", "not_found"],
    ["/", "not_found"],
    ["/health", "not_found"],
  ])("GET %s is %s", async (path, code) => {
    expect(await call(here, "GET", path)).toMatchObject(refused(404, code))
  })

  test("64 KB are enough, one byte more is too many, told beforehand or not", async () => {
    const body = (bytes: number) => `{"name":"x"}${" ".repeat(bytes - 12)}`
    expect(await call(here, "POST", "/v1/apps", body(65_536))).toMatchObject({ status: 201 })
    expect(await call(here, "POST", "/v1/apps", body(65_537))).toMatchObject(
      refused(413, "payload_too_large"),
    )

    const sent = request(`${here.url}/v1/apps`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
    })
    for (let chunk = 0; chunk < 100; chunk += 1) sent.write(" ".repeat(10_000))
    sent.end()
    const [response] = await once(sent, "response")
    expect(response.statusCode).toBe(413)
    response.resume()
    expect(here.asked).toHaveLength(1)
  })
})

describe("what goes wrong behind the port", () => {
  test("a refusal is told as it is, with the time to wait", async () => {
    here.failure = new HubError("rate_limited", undefined, 1500)
    const answer = await call(here, "GET", "/v1/apps/shop")
    expect(answer.status).toBe(429)
    expect(answer.answer).toMatchObject({
      error: { code: "rate_limited", retryable: true, retryAfterMs: 1500 },
    })
    expect(answer.headers.get("retry-after")).toBe("2")
  })

  test("a store that is away is unavailable", async () => {
    here.failure = new StoreUnavailable("connect ECONNREFUSED")
    expect(await call(here, "GET", "/v1/apps/shop")).toMatchObject(refused(503, "unavailable"))
  })

  test("anything else is internal: logged, and not told", async () => {
    here.failure = new Error("a private detail")
    const answer = await call(here, "GET", "/v1/apps/shop")
    expect(answer).toMatchObject(refused(500, "internal"))
    expect(JSON.stringify(answer)).not.toContain("private")
    expect(here.lines.join("")).toContain("a private detail")
    expect(here.lines.join("")).not.toContain(TOKEN)
  })
})

test("no browser page may call it: no answer allows another origin", async () => {
  const response = await fetch(`${here.url}/v1/apps/shop`, {
    method: "OPTIONS",
    headers: { origin: "https://a.example" },
  })
  expect(response.headers.get("access-control-allow-origin")).toBeNull()
  await response.body?.cancel()
})
