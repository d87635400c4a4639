/** What the pages in docs say that can be copied: it is copied here, into a page of another site. */
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, expect, test } from "vitest"
import { browserClient } from "../bundled.ts"
import { stage } from "./browser-stage.ts"
import { userToken } from "./started-hub.ts"
import { Widget } from "./widget.ts"

const here = stage()
const files = new Map<string, { readonly type: string; readonly text: string }>()
let site: Server
let url = ""
let policy = ""

beforeAll(async () => {
  site = createServer((request, response) => {
    const file = files.get(request.url ?? "")
    if (!file) return response.writeHead(404).end()
    response.setHeader("content-type", file.type)
    if (policy !== "") response.setHeader("content-security-policy", policy)
    return response.end(file.text)
  })
  await once(site.listen(0, "127.0.0.1"), "listening")
  // The boundary: a TCP server that listens has an address of this shape.
  url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
})
afterAll(() => void site.close())

/** The blocks of one language in a page, in their order. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), "utf8")
  const found = [...text.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
  return found.filter(([, of]) => of === language).map(([, , block = ""]) => block)
}

/** With this hub and this app in the place of the example's. */
const settled = (text: string, appId: string): string =>
  text
    .replaceAll("https://chat.example.com", here.hub.url)
    .replaceAll("wss://chat.example.com", here.hub.url.replace(/^http/, "ws"))
    .replaceAll(/(["'])(?:my-shop|demo)\1/g, `$1${appId}$1`)

test("the widget: its tag, its queue, its sign-in, and the two sources of a strict policy", async () => {
  const app = await here.hub.app()
  const [tag = ""] = blocks("widget", "html")
  const [queue = "", signIn = ""] = blocks("widget", "js")
  const [sources = ""] = blocks("widget", "text")
  policy = `default-src 'none'; img-src data:; ${settled(sources, app.id)
    .trim()
    .replace("script-src", "script-src 'self'")
    .replace("connect-src", "connect-src 'self'")}`
  files.set("/", {
    type: "text/html",
    text: `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title><script src="/page.js"></script>${settled(tag, app.id)}<body></body></html>`,
  })
  files.set("/page.js", { type: "text/javascript", text: `${queue}\n${signIn}\ntributary("open")` })
  files.set("/chat-token", { type: "text/plain", text: await userToken(app, "mira", "Mira Lang") })
  const page = await here.page(await here.profile())
  await page.goto(url)
  const widget = new Widget(page)
  await widget.panel.locator(".person", { hasText: "Mira Lang" }).waitFor()
  await widget.send("copied")
  await widget.row("copied").locator(".delivery.sent").waitFor()
  expect(here.complaints).toEqual([])
})

test("the client: its first lines, and its sign-in", async () => {
  const app = await here.hub.app()
  const [first = "", login = ""] = blocks("client", "ts")
  policy = ""
  files.set("/client.js", {
    type: "text/javascript",
    text: readFileSync(await browserClient(), "utf8"),
  })
  const script = settled(first, app.id).replace(/^import .*$/m, "const { createClient } = Tributary")
  files.set("/", {
    type: "text/html",
    text: `<!doctype html><title>Shop</title><link rel="icon" href="data:,"><script src="/client.js"></script>
<script>const draw = (view) => { globalThis.drawn = view }</script><script>${script}\n${login}</script>`,
  })
  files.set("/chat-token", { type: "text/plain", text: await userToken(app, "mira", "Mira Lang") })
  const page = await here.page(await here.profile())
  await page.goto(url)
  await expect
    .poll(() =>
      page.evaluate(() => {
        const { drawn } = globalThis as unknown as {
          drawn?: { user?: { externalId?: string }; conversations: { messages: { content: object }[] }[] }
        }
        return [drawn?.user?.externalId, drawn?.conversations[0]?.messages[0]?.content]
      }),
    )
    .toEqual(["mira", { type: "text", text: "Hello" }])
  expect(here.complaints).toEqual([])
})
