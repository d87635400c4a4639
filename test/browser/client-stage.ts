/**
 * The client's prebuilt file in pages of a real browser: a site that serves it, under a secure and under an insecure
 * name, and a hub. What a page holds: `client`, and `received` with everything its events said.
 */
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll } from "vitest"
import type { AuthEvent, Client, ClientError, Message, Status } from "../../src/client/client.ts"
import { browserClient } from "../bundled.ts"
import { INSECURE_HOST, sharedBrowser } from "./chromium.ts"
import { build, sharedHub } from "./started-hub.ts"

export interface Received {
  readonly auth: AuthEvent[]
  readonly status: Status[]
  readonly messages: Message[]
  readonly errors: ClientError[]
}

declare global {
  var client: Client
  var received: Received
  var Tributary: typeof import("../../src/client/client.ts")
}

const PAGE = `<!doctype html><title>shop</title><script src="/client.js"></script><script>
const { hub, app } = JSON.parse(decodeURIComponent(location.hash.slice(1)))
globalThis.received = { auth: [], status: [], messages: [], errors: [] }
globalThis.client = Tributary.createClient({ url: hub, appId: app, channel: "web" })
client.on("auth", (event) => received.auth.push(event))
client.on("status", (status) => received.status.push(status))
client.on("message", (message) => received.messages.push(message))
client.on("error", ({ code, message }) => received.errors.push({ code, message }))
</script>`

export class ClientStage {
  readonly hub = sharedHub()
  readonly complaints: string[] = []
  readonly #profiles: BrowserContext[] = []
  #server: Server | undefined
  #browser: Browser | undefined
  #port = 0

  async begin(): Promise<void> {
    build()
    const script = readFileSync(await browserClient())
    this.#server = createServer((request, response) => {
      const isScript = request.url === "/client.js"
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8")
      response.end(isScript ? script : PAGE)
    })
    await once(this.#server.listen(0, "127.0.0.1"), "listening")
    // The boundary: a TCP server that listens has an address of this shape.
    this.#port = (this.#server.address() as AddressInfo).port
    this.#browser = await sharedBrowser()
    if (!this.hub.runs) await this.hub.start()
  }

  async end(): Promise<void> {
    this.#server?.close()
  }

  async tidy(): Promise<void> {
    for (const profile of this.#profiles.splice(0)) await profile.close()
    if (!this.hub.runs) await this.hub.start()
  }

  /** A visitor's browser; `before` runs in each of its pages first. */
  async profile(before?: string): Promise<BrowserContext> {
    if (!this.#browser) throw new Error("There is no browser yet.")
    const profile = await this.#browser.newContext()
    if (before !== undefined) await profile.addInitScript(before)
    this.#profiles.push(profile)
    return profile
  }

  async tab(profile: BrowserContext, app: string, { insecure = false } = {}): Promise<Page> {
    const page = await profile.newPage()
    page.on("pageerror", (error) => this.complaints.push(error.message))
    const host = insecure ? INSECURE_HOST : "127.0.0.1"
    const hash = encodeURIComponent(JSON.stringify({ hub: this.hub.url, app }))
    await page.goto(`http://${host}:${this.#port}/#${hash}`)
    return page
  }
}

export function clientStage(): ClientStage {
  const here = new ClientStage()
  beforeAll(() => here.begin(), 240_000)
  afterEach(() => here.tidy())
  afterAll(() => here.end())
  return here
}

export const userOf = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => globalThis.client.view.user?.id)

export const connect = (page: Page): Promise<void> => page.evaluate(() => globalThis.client.connect())

export const send = (page: Page, text: string): Promise<string> =>
  page.evaluate(async (words) => (await globalThis.client.send({ text: words })).conversationId, text)

export const texts = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    globalThis.client.view.conversations.flatMap(({ messages }) =>
      messages.map(({ content }) => (content.type === "text" ? content.text : content.type)),
    ),
  )

/** @returns the outcome, or the code of the refusal */
export const login = (page: Page, token: string | null): Promise<string> =>
  page.evaluate(
    (jwt) =>
      globalThis.client
        .login(() => jwt)
        .then(({ outcome }) => outcome)
        .catch(({ code }) => code),
    token,
  )

export const logout = (page: Page): Promise<void> => page.evaluate(() => globalThis.client.logout())

export const kinds = (page: Page): Promise<string[]> =>
  page.evaluate(() => globalThis.received.auth.map(({ type }) => type))
