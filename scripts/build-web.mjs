/**
 * The pages and the widget. Three runs of Vite: the pages with what they share, the widget as one module, and the tiny
 * loader, which knows the widget's hashed name. Everything is also written compressed, so that the hub only sends.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import { build } from "vite"

const PAGES = [
  "console/index.html",
  "demo/index.html",
  "demo/shop.html",
  "demo/phone.html",
  "about/index.html",
]
const COMPRESSED = /\.(?:js|css|html|svg|json|map)$/
const SMALLEST = 512

const WEBSOCKET_ONLY = "\0websocket-only"

/** The hub speaks WebSocket alone: of the transports that Engine.IO brings, only that one is taken along. */
export const websocketOnly = {
  name: "websocket-only",
  enforce: "pre",
  resolveId(source, importer = "") {
    if (!importer.includes("engine.io-client")) return undefined
    if (source === "./transports/index.js")
      return WEBSOCKET_ONLY + importer.replace(/[^/\\]*$/, "transports/websocket.js")
    return /\/(?:polling|webtransport)/.test(source) ? WEBSOCKET_ONLY : undefined
  },
  load(id) {
    if (!id.startsWith(WEBSOCKET_ONLY)) return undefined
    if (id === WEBSOCKET_ONLY) return "export class Fetch {}\nexport class XHR {}\nexport class WT {}\n"
    const path = JSON.stringify(id.slice(WEBSOCKET_ONLY.length))
    return `import { WS } from ${path}\nexport const transports = { websocket: WS }\n`
  },
}

export async function buildWeb(root) {
  const source = join(root, "src/web")
  const target = join(root, "dist/web")
  // Beside the old one until it is whole: a hub that starts meanwhile finds one or the other.
  const fresh = join(root, "dist/web.new")
  rmSync(fresh, { recursive: true, force: true })

  const common = {
    root: source,
    base: "/",
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    // The hub says itself which pages there are.
    appType: "mpa",
    plugins: [websocketOnly],
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  }
  const options = {
    outDir: fresh,
    emptyOutDir: false,
    target: "es2022",
    sourcemap: true,
    reportCompressedSize: false,
    assetsInlineLimit: 0,
    modulePreload: false,
  }
  const names = {
    entryFileNames: "assets/[name]-[hash].js",
    chunkFileNames: "assets/[name]-[hash].js",
    assetFileNames: "assets/[name]-[hash][extname]",
  }

  const pages = PAGES.map((page) => join(source, page)).filter((page) => existsSync(page))
  if (pages.length > 0)
    await build({ ...common, build: { ...options, rollupOptions: { input: pages, output: names } } })

  const widget = await build({
    ...common,
    // A fifth of the size, and all that the SDK asks of it.
    resolve: { alias: { "./stock-socket.ts": join(root, "src/client/plain-socket.ts") } },
    build: {
      ...options,
      rollupOptions: {
        input: { widget: join(source, "widget/main.tsx") },
        preserveEntrySignatures: "strict",
        output: names,
      },
    },
  })
  const entry = widget.output.find((chunk) => chunk.type === "chunk" && chunk.isEntry)

  await build({
    ...common,
    define: { WIDGET_MODULE: JSON.stringify(entry.fileName) },
    build: {
      ...options,
      lib: {
        entry: join(source, "widget/loader.ts"),
        formats: ["iife"],
        name: "tributaryLoader",
        fileName: () => "widget.js",
      },
    },
  })
  // The name without a hash, for a loader that was kept longer than the module it names.
  writeFileSync(join(fresh, "widget-latest.js"), `export * from "./${entry.fileName}"\n`)

  compress(fresh)
  rmSync(target, { recursive: true, force: true })
  renameSync(fresh, target)
}

function compress(folder) {
  for (const found of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!found.isFile() || !COMPRESSED.test(found.name)) continue
    const path = join(found.parentPath, found.name)
    const content = readFileSync(path)
    if (content.length < SMALLEST) continue
    writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
    writeFileSync(
      `${path}.br`,
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    )
  }
}
