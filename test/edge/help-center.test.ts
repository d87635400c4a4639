/** Signing in from the help centre's cookie (docs/protocol.md 7), over a real hub and a stock client. */
import { createHmac, randomBytes } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { io, type Socket } from "socket.io-client"
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest"
import { createHub, type Hub } from "../../src/hub.ts"
import { systemClock } from "../../src/lib/clock.ts"
import { createLog } from "../../src/lib/log.ts"
import type { KeyRole } from "../../src/protocol/admin-calls.ts"
import type { WireError } from "../../src/protocol/errors.ts"
import type { State } from "../../src/protocol/handshake.ts"
import {
  type ClientToServerEvents,
  MESSAGING,
  type ServerToClientEvents,
} from "../../src/protocol/socket-events.ts"
import type { Store } from "../../src/store/contract.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"

const ADMIN = "the admin token of this test"
const HELP = "https://help.example"
const COOKIE = "_help_jwt"
const seconds = (): number => Math.floor(Date.now() / 1000)

interface Key {
  readonly kid: string
  readonly secret: string
}

let dir: string
let store: Store
let hub: Hub
let url: string
let app: { readonly id: string; readonly key: Key; readonly other: Key }

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "trib-help-"))
  store = await openLmdb({ dir })
  const log = createLog({ level: "error", sink: (line) => void process.stderr.write(line), now: Date.now })
  hub = createHub({
    ...{ store, clock: systemClock, log, adminToken: ADMIN, partitions: 2 },
    ...{ sessionSecret: "a secret of this test alone, long enough", development: false, drainMs: 0 },
  })
  url = await hub.listen(0, "127.0.0.1")
})

afterAll(async () => {
  await hub.close()
  await store.close()
  await rm(dir, { recursive: true, force: true })
})

beforeEach(async () => {
  const id = `app_${randomBytes(6).toString("hex")}`
  await admin("POST", "/v1/apps", { id })
  const [key, other] = [await newKey(id, "user"), await newKey(id, "user")]
  app = { id, key, other }
  await change({ enabled: true, cookie: COOKIE, origins: [HELP], key: key.kid })
})

async function admin(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  expect(response.status, path).toBeLessThan(300)
  return response.json()
}

// The admin API's answer to this call, tested elsewhere.
const newKey = async (id: string, role: KeyRole): Promise<Key> =>
  (await admin("POST", `/v1/apps/${id}/keys`, { role })) as Key

const change = (helpCenter: object) => admin("PATCH", `/v1/apps/${app.id}`, { settings: { helpCenter } })

/** As a help centre signs: neither kid nor scope. */
function jwt(claims: object = {}, header: object = {}, { secret }: Key = app.key): string {
  const all = { sub: "42", name: "Ann", iat: seconds(), exp: seconds() + 3600, ...claims }
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")
  const input = `${part({ alg: "HS256", ...header })}.${part(all)}`
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`
}
const cookie = (value: string): string => `${COOKIE}=${value}`

interface Visit {
  readonly auth?: object
  readonly cookie?: string | undefined
  readonly origin?: string | undefined
}

type DeviceSocket = Socket<ServerToClientEvents, ClientToServerEvents>

function open({ auth = {}, ...visit }: Visit): DeviceSocket {
  const headers = { origin: HELP, cookie: cookie(jwt()), ...visit }
  const extraHeaders: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) extraHeaders[name] = value
  const socket: DeviceSocket = io(`${url}${MESSAGING}`, {
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
    auth: { v: 1, appId: app.id, channel: "web", helpCenter: true, ...auth },
    extraHeaders,
  })
  onTestFinished(() => void socket.disconnect())
  return socket
}

const ready = (socket: DeviceSocket): Promise<State> =>
  new Promise((resolve) => socket.once("ready", resolve))
const refused = (socket: DeviceSocket): Promise<WireError> =>
  // The boundary: a refused handshake carries the error of the table.
  new Promise((resolve) =>
    socket.once("connect_error", (error) => resolve(Reflect.get(error, "data") as WireError)),
  )

/** What the first handshake comes to. */
const outcome = (socket: DeviceSocket): Promise<State | WireError> =>
  Promise.race([ready(socket), refused(socket)])

async function enter(visit: Visit = {}): Promise<State> {
  const answer = await outcome(open(visit))
  if ("code" in answer) throw new Error(`${answer.code}: ${answer.message}`)
  return answer
}

async function code(visit: Visit): Promise<string> {
  const answer = await outcome(open(visit))
  return "code" in answer ? answer.code : "accepted"
}

/** A visitor without the help centre who has written. */
async function visitor(): Promise<State> {
  const socket = open({ auth: { helpCenter: undefined }, cookie: undefined })
  const state = await ready(socket)
  const body = { localId: "1", content: { type: "text", text: "hello" } } as const
  expect(await socket.emitWithAck("message:send", body)).toMatchObject({ ok: true })
  socket.disconnect()
  return state
}

describe("7 the help centre's cookie", () => {
  test("signs in the user it names: the external id is hc: and sub, and the profile is taken over", async () => {
    const claims = { email: "ann@example.com", email_verified: true }
    const { user, login, sessionToken } = await enter({ cookie: cookie(jwt(claims)) })
    expect(user).toMatchObject({ externalId: "hc:42", authenticated: true })
    expect(user.profile).toEqual({ name: "Ann", email: "ann@example.com", emailVerified: true })
    expect(login?.outcome).toBe("signed_in")
    expect(sessionToken).toBeUndefined()
    expect((await enter()).user.id).toBe(user.id)
  })

  test("an email is verified by true alone", async () => {
    const claims = { email: "ann@example.com", email_verified: "true" }
    expect((await enter({ cookie: cookie(jwt(claims)) })).user.profile.emailVerified).not.toBe(true)
  })

  test("an external_id goes before sub", async () => {
    const { user } = await enter({ cookie: cookie(jwt({ external_id: "ann" })) })
    expect(user.externalId).toBe("ann")
  })

  test.each([
    ["among others", (value: string) => `a=1; ${COOKIE}2=x; ${cookie(value)}; b=2`],
    ["in quotes", (value: string) => `${COOKIE}="${value}"`],
    ["with spaces around", (value: string) => ` ${COOKIE} = ${value} `],
    ["before another of its name", (value: string) => `${cookie(value)}; ${cookie("x")}`],
  ])("is found %s", async (_, header) => {
    expect((await enter({ cookie: header(jwt()) })).user.externalId).toBe("hc:42")
  })

  test("may name kid and scope, if they are the right ones", async () => {
    const right = jwt({ scope: "user" }, { kid: app.key.kid })
    expect((await enter({ cookie: cookie(right) })).user.externalId).toBe("hc:42")
  })

  test("is used again for the second CONNECT on a connection whose first was refused", async () => {
    const socket = open({ auth: { sessionToken: "stale" } })
    expect(await outcome(socket)).toMatchObject({ code: "session_invalid" })
    socket.auth = { v: 1, appId: app.id, channel: "web", helpCenter: true }
    socket.connect()
    expect((await ready(socket)).user.externalId).toBe("hc:42")
  })
})

describe("7 with the session of a visitor", () => {
  test("the visitor is upgraded: the same user, the same history", async () => {
    const { user, sessionToken } = await visitor()
    const state = await enter({ auth: { sessionToken } })
    expect(state.login?.outcome).toBe("upgraded")
    expect(state.user).toMatchObject({ id: user.id, externalId: "hc:42" })
    expect(state.conversations).toHaveLength(1)
    expect(await code({ auth: { sessionToken, helpCenter: undefined } })).toBe("session_consumed")
    expect((await enter({ auth: { sessionToken } })).login?.outcome).toBe("signed_in")
  })

  test("or merged into the user the cookie names, and the visitor's other devices are told of the merge", async () => {
    const known = open({})
    const { user } = await ready(known)
    const received = new Promise((resolve) => known.once("event", resolve))
    const { user: anonymous, sessionToken } = await visitor()
    const state = await enter({ auth: { sessionToken } })
    expect(state.login?.outcome).toBe("merged")
    expect(state.user.id).toBe(user.id)
    expect(await received).toMatchObject({
      type: "user:merge",
      data: { reason: "helpCenter", mergedUsers: { discarded: { id: anonymous.id } } },
    })
  })

  test("a refusal leaves the visitor as they were", async () => {
    const { user, sessionToken } = await visitor()
    expect(await code({ auth: { sessionToken }, cookie: cookie("nonsense") })).toBe("token_malformed")
    const again = await enter({ auth: { sessionToken, helpCenter: undefined } })
    expect(again.user).toMatchObject({ id: user.id, authenticated: false })
  })
})

describe("7 refusals", () => {
  test("forbidden, while the help centre is not enabled", async () => {
    await change({ enabled: false })
    expect(await code({ origin: "https://elsewhere.example" })).toBe("forbidden")
  })

  test.each(["ios", "android"])("channel_not_supported, from %s", async (channel) => {
    expect(await code({ auth: { channel }, origin: undefined })).toBe("channel_not_supported")
  })

  test.each([undefined, "https://shop.example", `${HELP}.evil.example`, "http://help.example", "null"])(
    "origin_not_allowed, from %s",
    async (origin) => {
      expect(await code({ origin, cookie: undefined })).toBe("origin_not_allowed")
    },
  )

  test.each([undefined, "a=1", `x${COOKIE}=1`, `${COOKIE}=`, `${COOKIE}=""`, COOKIE])(
    "forbidden without the cookie, and what to do: %s",
    async (header) => {
      expect(await outcome(open({ cookie: header }))).toMatchObject({
        code: "forbidden",
        message: expect.stringContaining("sign in there, or connect without helpCenter"),
      })
    },
  )

  test("bad_request together with a jwt", async () => {
    expect(await outcome(open({ auth: { jwt: jwt() } }))).toMatchObject({
      code: "bad_request",
      message: expect.stringContaining("helpCenter"),
    })
  })

  test.each<[string, () => string]>([
    ["token_malformed", () => "a.b.c"],
    ["alg_not_allowed", () => jwt({}, { alg: "none" })],
    ["signature_invalid", () => jwt({}, {}, app.other)],
    ["kid_unknown", () => jwt({}, { kid: app.other.kid }, app.other)],
    ["token_expired", () => jwt({ exp: seconds() - 1 })],
    ["token_not_yet_valid", () => jwt({ nbf: seconds() + 60 })],
    ["expiry_missing", () => jwt({ exp: undefined, iat: undefined })],
    ["scope_invalid", () => jwt({ scope: "agent" })],
    ["external_id_missing", () => jwt({ sub: undefined })],
    ["external_id_invalid", () => jwt({ external_id: "hc:42" })],
    ["external_id_invalid", () => jwt({ sub: "" })],
    ["external_id_invalid", () => jwt({ sub: 42 })],
    ["external_id_invalid", () => jwt({ sub: "x".repeat(253) })],
    ["accepted", () => jwt({ sub: "x".repeat(252) })],
  ])("%s, as for tokens", async (expected, token) => {
    expect(await code({ cookie: cookie(token()) })).toBe(expected)
  })

  test("a host's token never reaches a user who is known by the help centre's cookie alone", async () => {
    const token = jwt({ scope: "user", external_id: "hc:42" }, { kid: app.key.kid })
    const auth = { helpCenter: undefined, jwt: token }
    expect(await code({ auth, cookie: undefined })).toBe("external_id_invalid")
  })

  test("kid_unknown once the key is deleted, and sessions that came in by it are revoked at once", async () => {
    const socket = open({})
    await ready(socket)
    const revoked = new Promise((resolve) => socket.once("auth:revoked", resolve))
    await admin("DELETE", `/v1/apps/${app.id}/keys/${app.key.kid}`)
    expect(await revoked).toEqual({ reason: "key_deleted" })
    expect(await code({})).toBe("kid_unknown")
    expect(await code({ cookie: cookie(jwt({}, { kid: app.key.kid })) })).toBe("kid_unknown")
  })
})
