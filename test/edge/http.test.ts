/** The HTTP side but for the admin API: health, the tokens of the demo, Socket.IO beside it, and broken requests. */
import { once } from "node:events"
import { connect } from "node:net"
import { io as device } from "socket.io-client"
import { describe, expect, test } from "vitest"
import { tokenVerifier } from "../../src/edge/auth/token-verifier.ts"
import { StoreUnavailable } from "../../src/store/contract.ts"
import { call, DEMO, refused, stage, TOKEN } from "./http-stage.ts"

const here = stage()

describe("health", () => {
  test("live, whatever else is wrong", async () => {
    here.ready = () => false
    expect(await call(here, "GET", "/health/live")).toMatchObject({ status: 200 })
  })

  test.each<[string, () => boolean | Promise<boolean>]>([
    ["it drains", () => false],
    ["the store is away", () => Promise.reject(new StoreUnavailable())],
    [
      "asking fails",
      () => {
        throw new Error("no")
      },
    ],
  ])("not ready while %s", async (_, answer) => {
    expect(await call(here, "GET", "/health/ready")).toMatchObject({ status: 200 })
    here.ready = answer
    expect(await call(here, "GET", "/health/ready")).toMatchObject(refused(503, "unavailable"))
  })

  test("metrics as Prometheus reads them", async () => {
    here.metrics.counter("seen_total", "Seen.").inc({})
    const response = await fetch(`${here.url}/metrics`)
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8")
    expect(await response.text()).toContain("seen_total 1")
  })

  test("HEAD answers like GET, and POST is told what to use", async () => {
    expect((await fetch(`${here.url}/health/ready`, { method: "HEAD" })).status).toBe(200)
    const answer = await call(here, "POST", "/health/live")
    expect(answer).toMatchObject(refused(400, "bad_request", /no POST: use GET/))
    expect(answer.headers.get("allow")).toBe("GET")
  })
})

test("broken requests and callers who leave do no harm", async () => {
  for (const text of [
    "GET // HTTP/1.1\r\nhost: x\r\n\r\n",
    "nonsense\r\n\r\n",
    "POST /v1/apps HTTP/1.1\r\nhost: x\r\n",
  ]) {
    const raw = connect(Number(new URL(here.url).port), "127.0.0.1")
    await once(raw, "connect")
    raw.resume().end(text)
    await once(raw, "close")
  }
  const head = `POST /v1/apps HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\ncontent-length: 99\r\n\r\n{`
  const gone = connect(Number(new URL(here.url).port), "127.0.0.1")
  gone.write(head, () => gone.destroy())
  await once(gone, "close")
  expect(await call(here, "GET", "/health/live")).toMatchObject({ status: 200 })
})

describe("tokens of the demo", () => {
  const keyOf = (kid: string) =>
    kid === "demo_user"
      ? ({ role: "user", ...DEMO.user } as const)
      : kid === "demo_agent"
        ? ({ role: "agent", ...DEMO.agent } as const)
        : undefined
  const minted = async (query: string): Promise<string> => {
    const { status, answer } = await call(here, "GET", `/dev/token?${query}`)
    expect({ status, answer }).toMatchObject({ status: 200, answer: { jwt: expect.any(String) } })
    return String(Object(answer).jwt)
  }

  test("for a user", async () => {
    const jwt = await minted("externalId=ada&name=Ada&email=ada@example.com&emailVerified=true&ttl=60")
    const claims = await tokenVerifier().user({ jwt, keyOf, now: Date.now() })
    expect(claims).toMatchObject({
      externalId: "ada",
      name: "Ada",
      email: "ada@example.com",
      emailVerified: true,
    })
    expect(claims.expiresAt - (claims.issuedAt ?? 0) * 1000).toBe(60_000)
  })

  test("for an agent", async () => {
    const jwt = await minted("agentId=agent-1&name=Grace")
    const claims = await tokenVerifier().agent({ jwt, keyOf, now: Date.now() })
    expect(claims).toMatchObject({ agentId: "agent-1", name: "Grace" })
  })

  test.each([
    "",
    "externalId=",
    "externalId=a&ttl=soon",
    "externalId=a&emailVerified=yes",
    "externalId=a&scope=agent",
  ])("not for %j", async (query) => {
    expect(await call(here, "GET", `/dev/token?${query}`)).toMatchObject(refused(400, "bad_request"))
  })
})

describe("Socket.IO beside it", () => {
  test("a polling request is told which option to set", async () => {
    const answer = await call(here, "GET", "/socket.io/?EIO=4&transport=polling")
    expect(answer).toMatchObject(refused(400, "bad_request", /transports: \["websocket"\]/))
    expect(await call(here, "POST", "/socket.io/?EIO=4&transport=polling", "40")).toMatchObject({
      status: 400,
    })
  })

  test("a WebSocket connects", async () => {
    const socket = device(here.url, { transports: ["websocket"], reconnection: false })
    await new Promise<void>((connected, failed) =>
      socket.on("connect", connected).on("connect_error", failed),
    )
    expect(socket.connected).toBe(true)
    socket.disconnect()
  })
})
