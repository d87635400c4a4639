/** The page of a site owner, somewhere else than the hub, with one script tag in it. */
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"

export interface Tag {
  readonly hub: string
  readonly appId: string
  /** Of the script tag, as `data-…`. */
  readonly data?: Readonly<Record<string, string>>
  readonly lang?: string
  /** A policy of the page: the strictest that lets the widget work, or none. */
  readonly strict?: boolean
  /** A script of the page that runs before the tag. */
  readonly before?: string
  readonly style?: string
  readonly body?: string
}

const FILLER = `<main><h1>Harbour Coffee</h1><p>${"Roasted slowly, sent quickly. ".repeat(20)}</p><button id="buy">Buy</button></main>`

export class Site {
  readonly #server: Server
  readonly #pages = new Map<string, Tag>()
  #url = ""

  constructor() {
    this.#server = createServer((request, response) => {
      const [, name = "", file] = (request.url ?? "").split("/")
      const tag = this.#pages.get(name)
      if (!tag) return response.writeHead(404).end()
      if (file === "before.js") {
        response.setHeader("content-type", "text/javascript")
        return response.end(tag.before ?? "")
      }
      if (tag.strict) response.setHeader("content-security-policy", policyFor(tag.hub))
      response.setHeader("content-type", "text/html; charset=utf-8")
      return response.end(pageOf(tag, name))
    })
  }

  async start(): Promise<void> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening")
    // The boundary: a TCP server that listens has an address of this shape.
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.#server.close()
  }

  /** @returns the address of such a page */
  page(tag: Tag): string {
    const name = `page${this.#pages.size + 1}`
    this.#pages.set(name, tag)
    return `${this.#url}/${name}/`
  }
}

/** What the documentation says that a strict policy needs: the hub as a source of scripts, and to connect to. */
const policyFor = (hub: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' ${hub}`,
    `connect-src ${hub.replace(/^http/, "ws")}`,
    "style-src 'self'",
    // The page's own icon; of the widget, images of messages that the page lets in are shown, others are links.
    "img-src data:",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ")

function pageOf(
  { hub, appId, data = {}, lang = "en", strict, before, style, body = FILLER }: Tag,
  name: string,
): string {
  const attributes = Object.entries({ "app-id": appId, ...data }).map(
    ([key, value]) => `data-${key}="${value}"`,
  )
  return `<!doctype html>
<html lang="${lang}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="icon" href="data:,">
  <title>Harbour Coffee</title>
  ${strict ? "" : `<style>body { font: 17px/1.6 Georgia, serif; margin: 48px; color: #2d2419; background: #faf6ef } main { max-width: 34em } ${style ?? ""}</style>`}
  ${before === undefined ? "" : `<script src="/${name}/before.js"></script>`}
  <script async src="${hub}/widget.js" ${attributes.join(" ")}></script>
</head>
<body>${body}</body>
</html>`
}
