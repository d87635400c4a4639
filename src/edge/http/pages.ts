/**
 * Serves the widget, the console and, in development, the demo: built files under hashed names, which browsers keep for ever,
 * and a few without a hash, which they ask for again. Pages load scripts and styles only from the hub, and their content
 * security policy enforces it.
 */
import { HubError } from "../../protocol/errors.ts"
import { type HttpAnswer, type HttpRequest, methodRefused, plain, type Route, reads } from "./exchange.ts"
import type { WebFile, WebFiles } from "./web-files.ts"

const FOR_EVER = "public, max-age=31536000, immutable"
/** Browsers ask again after this time, and use the copy that they have meanwhile. */
const A_WHILE = "public, max-age=300, stale-while-revalidate=86400"
const ASK_AGAIN = "no-cache"

/** Messages show images of any site; everything else is the hub's own. No other site may put a page into a frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' https: http: data:",
  "connect-src 'self'",
  "frame-src 'self'",
  "frame-ancestors 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ")

const PAGE: HttpAnswer["headers"] = {
  "cache-control": ASK_AGAIN,
  "content-security-policy": POLICY,
  "referrer-policy": "no-referrer",
  "x-frame-options": "SAMEORIGIN",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

/** Headers of scripts that pages of other sites load as modules: browsers request these with CORS. */
const LOADED: HttpAnswer["headers"] = {
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
}

/** Names that stay the same when their content changes. */
const KEPT: Readonly<Record<string, string>> = {
  "/widget.js": A_WHILE,
  "/widget.js.map": A_WHILE,
  "/widget-latest.js": ASK_AGAIN,
}

interface Served {
  readonly file: string
  readonly headers: HttpAnswer["headers"]
}

const PAGES: Readonly<Record<string, string>> = { "/console": "console/index.html" }
const IN_DEVELOPMENT: typeof PAGES = {
  "/": "demo/index.html",
  "/demo/shop": "demo/shop.html",
  "/demo/phone": "demo/phone.html",
}
const IN_PRODUCTION: typeof PAGES = { "/": "about/index.html" }

/** The last of all routes: it answers for every path that no other one has. */
export function pages(files: WebFiles, development: boolean): Route {
  const known = { ...PAGES, ...(development ? IN_DEVELOPMENT : IN_PRODUCTION) }
  const servedAt = (path: string): Served | undefined => {
    const page = known[path]
    if (page !== undefined) return { file: page, headers: PAGE }
    const kept = KEPT[path] ?? (path.startsWith("/assets/") ? FOR_EVER : undefined)
    return kept === undefined
      ? undefined
      : { file: path.slice(1), headers: { ...LOADED, "cache-control": kept } }
  }
  return {
    at: "/",
    answer(request) {
      const served = servedAt(request.path)
      const file = served && files.get(served.file)
      if (!served || !file) throw new HubError("not_found", "There is nothing at this path.")
      return reads(request.method)
        ? sent(file, request, served.headers)
        : methodRefused(request.method, ["GET"])
    },
  }
}

function sent(file: WebFile, { request }: HttpRequest, headers: HttpAnswer["headers"]): HttpAnswer {
  const common = { ...headers, etag: file.tag, vary: "accept-encoding" }
  if (request.headers["if-none-match"]?.includes(file.tag)) return { ...plain(304, ""), headers: common }
  const wanted = String(request.headers["accept-encoding"] ?? "")
  const [encoding, body] =
    file.brotli && /\bbr\b/.test(wanted)
      ? ["br", file.brotli]
      : file.gzip && /\bgzip\b/.test(wanted)
        ? ["gzip", file.gzip]
        : [undefined, file.plain]
  return {
    status: 200,
    headers: { ...common, "content-type": file.type, ...(encoding && { "content-encoding": encoding }) },
    body,
  }
}
