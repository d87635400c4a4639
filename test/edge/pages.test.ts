/** How built files are served: what is kept for how long, what is sent compressed, and what is never served. */
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { brotliCompressSync, brotliDecompressSync, gzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { httpServer } from "../../src/edge/http/http-server.ts"
import { pages } from "../../src/edge/http/pages.ts"
import { readWebFiles } from "../../src/edge/http/web-files.ts"
import { createLog } from "../../src/lib/log.ts"

const SCRIPT = "console.log('the widget')\n".repeat(50)
const dir = mkdtempSync(join(tmpdir(), "tributary-web-"))
const servers: Server[] = []
let development = 0
let production = 0

beforeAll(async () => {
  for (const folder of ["assets", "about", "demo", "console"]) mkdirSync(join(dir, folder))
  for (const name of ["widget.js", "widget-latest.js", "assets/widget-x1.js"]) {
    writeFileSync(join(dir, name), SCRIPT)
    writeFileSync(join(dir, `${name}.br`), brotliCompressSync(SCRIPT))
    writeFileSync(join(dir, `${name}.gz`), gzipSync(SCRIPT))
  }
  for (const page of ["about", "demo", "console"])
    writeFileSync(join(dir, page, "index.html"), `<h1>${page}</h1>`)
  writeFileSync(join(dir, "assets/secret.key"), "not of the web")
  ;[development, production] = await Promise.all([serve(true), serve(false)])
})
afterAll(() => {
  for (const server of servers) server.close()
  rmSync(dir, { recursive: true, force: true })
})

async function serve(inDevelopment: boolean): Promise<number> {
  const files = readWebFiles(dir)
  if (!files) throw new Error("nothing was read")
  const log = createLog({ level: "error", sink: (line) => void process.stderr.write(line), now: Date.now })
  const server = createServer(httpServer({ log, routes: [pages(files, inDevelopment)] }))
  servers.push(server)
  await once(server.listen(0, "127.0.0.1"), "listening")
  // The boundary: a TCP server that listens has an address of this shape.
  return (server.address() as AddressInfo).port
}

interface Got {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** As it is asked, dots and all: `fetch` would tidy the path. */
async function get(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Got> {
  const asked = request({ port, path, headers, method })
  asked.end()
  const [response] = await once(asked, "response")
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }
}

describe("files", () => {
  test("with a hash in their name are kept for ever, by pages of any origin", async () => {
    const { status, headers, body } = await get(production, "/assets/widget-x1.js")
    expect(status).toBe(200)
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable")
    expect(headers["access-control-allow-origin"]).toBe("*")
    expect(headers["content-type"]).toBe("text/javascript; charset=utf-8")
    expect(body.toString()).toBe(SCRIPT)
  })

  test("without one are asked for again", async () => {
    expect((await get(production, "/widget.js")).headers["cache-control"]).toMatch(/max-age=300\b/)
    expect((await get(production, "/widget-latest.js")).headers["cache-control"]).toBe("no-cache")
  })

  test("that have not changed are not sent again", async () => {
    const { etag = "" } = (await get(production, "/widget.js")).headers
    const again = await get(production, "/widget.js", { "if-none-match": etag })
    expect([again.status, again.body.length]).toEqual([304, 0])
    expect((await get(production, "/widget.js", { "if-none-match": '"another"' })).status).toBe(200)
  })

  test.each([
    ["br, gzip", "br"],
    ["gzip", "gzip"],
    ["", undefined],
  ])("are sent as the browser takes them: %s", async (accepted, encoding) => {
    const { headers, body } = await get(production, "/widget.js", { "accept-encoding": accepted })
    expect(headers["content-encoding"]).toBe(encoding)
    expect(headers.vary).toBe("accept-encoding")
    if (encoding === "br") expect(brotliDecompressSync(body).toString()).toBe(SCRIPT)
    if (encoding) expect(body.length).toBeLessThan(SCRIPT.length / 2)
  })

  test.each([
    "/assets/none.js",
    "/assets/secret.key",
    "/assets/../widget.js",
    "/assets/%2e%2e/widget.js",
    "/widget.js.br",
    "/about/index.html",
  ])("are not found: %s", async (path) => expect((await get(production, path)).status).toBe(404))

  test("are only read", async () => {
    expect((await get(production, "/widget.js", {}, "POST")).status).toBe(400)
    const head = await get(production, "/widget.js", {}, "HEAD")
    expect([head.status, head.headers["content-length"]]).toEqual([200, String(SCRIPT.length)])
  })
})

describe("pages", () => {
  test("the demo is there in development alone", async () => {
    expect((await get(development, "/")).body.toString()).toBe("<h1>demo</h1>")
    expect((await get(production, "/")).body.toString()).toBe("<h1>about</h1>")
    expect((await get(production, "/demo/phone")).status).toBe(404)
  })

  test("load nothing of others and are put into no frame of theirs", async () => {
    const { headers } = await get(production, "/console")
    const policy = String(headers["content-security-policy"])
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).toContain("frame-ancestors 'self'")
    expect(policy).not.toMatch(/unsafe|\*/)
    expect(headers["cache-control"]).toBe("no-cache")
  })
})

test("nothing built, nothing served", () => {
  expect(readWebFiles(join(dir, "nowhere"))).toBeUndefined()
})
