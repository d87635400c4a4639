/** A hub as it is started, with its pages: a process of its own over an embedded store of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { SignJWT } from "jose"
import { bundledHub } from "../bundled.ts"
import { endWithProcess } from "../orphans.ts"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))
const ADMIN_TOKEN = "the-admin-token-of-these-tests-Xk92"

interface Key {
  readonly kid: string
  readonly secret: string
}

export interface TestApp {
  readonly id: string
  readonly user: Key
  readonly agent: Key
}

export class HubProcess {
  readonly #env: Readonly<Record<string, string>>
  readonly #dir = mkdtempSync(join(tmpdir(), "tributary-browser-"))
  readonly #abandon = endWithProcess(() => rmSync(this.#dir, { recursive: true, force: true }))
  #child: ChildProcess | undefined
  #port = 0
  url = ""

  /** @param env beside the settings that all hubs of these tests have */
  constructor(env: Readonly<Record<string, string>> = {}) {
    this.#env = env
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [(await bundledHub()) ?? "dist/main.js"], {
      cwd: ROOT,
      env: {
        ...process.env,
        NODE_ENV: "development",
        PORT: String(this.#port),
        DATA_DIR: this.#dir,
        ADMIN_TOKEN,
        SESSION_SECRET: "the-session-secret-of-these-tests-Qm47",
        DRAIN_MS: "0",
        ...this.#env,
      },
      stdio: ["ignore", "pipe", "inherit"],
    })
    this.#child = child
    child.once(
      "exit",
      endWithProcess(() => child.kill("SIGKILL")),
    )
    // The boundary: its output was asked for as a pipe.
    const output = child.stdout as NonNullable<typeof child.stdout>
    for await (const line of createInterface({ input: output })) {
      const url = /http:\/\/\S+/.exec(line)?.[0]
      if (url === undefined) continue
      this.url = url
      this.#port = Number(new URL(url).port)
      output.resume()
      return
    }
    throw new Error("The hub did not start.")
  }

  get runs(): boolean {
    return this.#child !== undefined
  }

  /** SIGKILL, in the middle of whatever it does. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child) return
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    await ended
  }

  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.#dir, { recursive: true, force: true })
    this.#abandon()
  }

  async admin<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const result: unknown = await answer.json()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(result)}`)
    // The boundary: the admin API's answers are tested elsewhere.
    return result as T
  }

  async app(settings: Readonly<Record<string, unknown>> = {}): Promise<TestApp> {
    const { app } = await this.admin<{ app: { id: string } }>("POST", "/v1/apps", { settings })
    const key = (role: string) => this.admin<Key>("POST", `/v1/apps/${app.id}/keys`, { role })
    return { id: app.id, user: await key("user"), agent: await key("agent") }
  }

  /** The conversations of a user, latest first. */
  async conversationsOf(app: TestApp, externalId: string): Promise<string[]> {
    const { user } = await this.admin<{ user: { conversations: { id: string }[] } }>(
      "GET",
      `/v1/apps/${app.id}/users?externalId=${encodeURIComponent(externalId)}`,
    )
    return user.conversations.map(({ id }) => id)
  }

  async textsOf(app: TestApp, conversationId: string): Promise<string[]> {
    const { messages } = await this.admin<{ messages: { content: { text: string } }[] }>(
      "GET",
      `/v1/apps/${app.id}/conversations/${conversationId}/messages`,
    )
    return messages.map(({ content }) => content.text)
  }

  /** A bot or a back end speaks in a conversation. */
  async say(app: TestApp, conversationId: string, content: unknown, name = "Ana"): Promise<void> {
    await this.admin("POST", `/v1/apps/${app.id}/conversations/${conversationId}/messages`, {
      localId: `said-${Math.random()}`,
      author: { type: "agent", id: name.toLowerCase(), name },
      content,
    })
  }
}

let shared: HubProcess | undefined

/** The hub of this process, for files that bring apps of their own: also where one kills it, the next finds it running. */
export function sharedHub(): HubProcess {
  shared ??= new HubProcess()
  return shared
}

/** The token that a site's own back end makes for its signed-in user. */
export function userToken(
  { user }: TestApp,
  externalId: string,
  name: string,
  lifeSeconds = 3600,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ scope: "user", external_id: externalId, name, ...more })
    .setProtectedHeader({ alg: "HS256", kid: user.kid })
    .setIssuedAt(now)
    .setExpirationTime(now + lifeSeconds)
    .sign(new TextEncoder().encode(user.secret))
}

export function agentToken({ agent }: TestApp, id: string, name: string): Promise<string> {
  return new SignJWT({ scope: "agent", sub: id, name })
    .setProtectedHeader({ alg: "HS256", kid: agent.kid })
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(agent.secret))
}

let isBuilt = false

/** What is tested is what was built, and what was built is what stood there when the process began. */
export function build(): void {
  if (isBuilt) return
  const { status } = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: ROOT, stdio: "inherit" })
  if (status !== 0) throw new Error("The build failed.")
  isBuilt = true
}
