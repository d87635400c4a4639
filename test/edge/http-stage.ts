/** A real server with the whole HTTP side and Socket.IO beside it; behind the admin API stands a port that tells what it was asked. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Server } from "socket.io"
import { afterAll, beforeAll, beforeEach, expect } from "vitest"
import type { Admin } from "../../src/app/admin/admin.ts"
import { adminApi } from "../../src/edge/http/admin-api.ts"
import { devTokens } from "../../src/edge/http/dev-token.ts"
import { health } from "../../src/edge/http/health.ts"
import { httpServer } from "../../src/edge/http/http-server.ts"
import { noPolling } from "../../src/edge/http/polling.ts"
import { createLog } from "../../src/lib/log.ts"
import { createMetrics } from "../../src/lib/metrics.ts"
import { DEFAULT_SETTINGS } from "../../src/protocol/settings.ts"

export const TOKEN = "the admin token of this test"
export const DEMO = {
  user: { kid: "demo_user", secret: "u".repeat(43) },
  agent: { kid: "demo_agent", secret: "a".repeat(43) },
}

const app = { id: "shop", settings: DEFAULT_SETTINGS, createdAt: 1 }
const user = { id: "usr_1", authenticated: false, profile: {} }
const adminUser = { ...user, aliases: [], devices: [], conversations: [] }
const conversation = {
  id: "con_1",
  isDefault: true,
  createdAt: 1,
  updatedAt: 1,
  status: "open",
  unreadCount: 0,
  readTo: {},
} as const
const message = {
  id: "msg_1",
  conversationId: "con_1",
  position: "018bcfe56800aaaaaaaa000001",
  receivedAt: 1,
  author: { type: "bot", id: "b" },
  content: { type: "text", text: "hello" },
  source: { channel: "api" },
  authenticated: false,
} as const

export interface Stage {
  url: string
  /** What the port was asked, call by call. */
  asked: unknown[]
  /** What the port fails with, if anything. */
  failure: unknown
  ready: () => boolean | Promise<boolean>
  /** Every line of the log. */
  lines: string[]
  metrics: ReturnType<typeof createMetrics>
}

/** Call once per file. */
export function stage(): Stage {
  const here: Stage = {
    url: "",
    asked: [],
    failure: undefined,
    ready: () => true,
    lines: [],
    metrics: createMetrics(),
  }
  const server = createServer()
  const sockets = new Server(server, { transports: ["websocket"], serveClient: false })
  const listener = httpServer({
    log: createLog({ level: "info", sink: (line) => here.lines.push(line), now: Date.now }),
    routes: [
      ...health({ ready: () => here.ready(), metrics: here.metrics }),
      adminApi({ admin: adminOf(here), token: TOKEN }),
      devTokens({ keys: async () => DEMO, now: Date.now }),
      noPolling,
    ],
  })
  server.removeAllListeners("request").on("request", listener)

  beforeAll(async () => {
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    // A TCP server's address is this object, never the text of a pipe.
    here.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => sockets.close())
  beforeEach(() => {
    Object.assign(here, { failure: undefined, ready: () => true })
    here.asked.length = 0
    here.lines.length = 0
  })
  return here
}

function adminOf(here: Stage): Admin {
  const answering =
    <Request, Result>(call: string, result: Result) =>
    async (request: Request): Promise<Result> => {
      here.asked.push([call, request])
      if (here.failure !== undefined) throw here.failure
      return result
    }
  return {
    createApp: answering("createApp", { app }),
    getApp: answering("getApp", { app }),
    patchApp: answering("patchApp", { app }),
    createKey: answering("createKey", { kid: "app_1", secret: "shown once" }),
    listKeys: answering("listKeys", { keys: [] }),
    deleteKey: answering("deleteKey", {}),
    createAgentLink: answering("createAgentLink", { path: "/console#app=shop&link=x", expiresAt: 1 }),
    findUser: answering("findUser", { user: adminUser }),
    getUser: answering("getUser", { user: adminUser }),
    mergeUsers: answering("mergeUsers", {
      dryRun: false,
      mergedUsers: { surviving: user, discarded: { id: "usr_2" } },
      mergedConversations: [],
      moved: { conversations: 0, messages: 0, tickets: 0 },
    }),
    getConversation: answering("getConversation", { conversation }),
    listMessages: answering("listMessages", { messages: [], more: false }),
    postMessage: answering("postMessage", { message, duplicate: false }),
  }
}

/** One call as a back end makes it; text is sent as it is. */
export async function call(
  { url }: Stage,
  method: string,
  path: string,
  body?: unknown,
  authorization = `Bearer ${TOKEN}`,
) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  })
  const answer: unknown = await response.json()
  return { status: response.status, answer, headers: response.headers }
}

/** The answer that `call` gives for a refusal. */
export const refused = (status: number, code: string, message: RegExp = /./) => ({
  status,
  answer: { error: { code, message: expect.stringMatching(message), retryable: status >= 500 } },
})
