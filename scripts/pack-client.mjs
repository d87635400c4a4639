/**
 * `npm run pack:client`: the client as a package of its own, `@tributary/client`, with socket.io-client as its only
 * dependency. Files end in `.js` inside a folder per module system, because not every bundler reads `.mjs` and `.cjs`.
 * Bundlers for browsers and for React Native take `web`, or `web-cjs`, which speak through the platform's own WebSocket,
 * with nothing between: two fifths less to load. Node, of which not every version has one, has socket.io-client.
 *
 * Writes dist/tributary-client and, beside it, the archive that npm makes of it.
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join, posix } from "node:path"
import { fileURLToPath } from "node:url"
import { minify } from "terser"
import { build } from "vite"
import { PRIVATE_NAMES } from "./private-names.mjs"

const ROOT = fileURLToPath(new URL("..", import.meta.url))
const ENTRY = join(ROOT, "src/client/client.ts")
const PLAIN_SOCKET = join(ROOT, "src/client/plain-socket.ts")

/** What a bundler of today and a browser of the last years both read. */
const SYNTAX = "es2022"

const json = (value) => `${JSON.stringify(value, null, 2)}\n`

function manifestOf({ version, license, dependencies }) {
  const entry = (folder) => ({ types: `./${folder}/client/client.d.ts`, default: `./${folder}/client.js` })
  const web = { import: entry("web"), require: entry("web-cjs") }
  return {
    name: "@tributary/client",
    version,
    description: "The client of a Tributary hub, for browsers, React Native and Node",
    license,
    type: "commonjs",
    main: "./cjs/client.js",
    module: "./esm/client.js",
    // For resolvers that do not read `exports`.
    "react-native": "./web-cjs/client.js",
    browser: "./web-cjs/client.js",
    types: "./cjs/client/client.d.ts",
    unpkg: "./browser/tributary-client.js",
    jsdelivr: "./browser/tributary-client.js",
    exports: {
      ".": {
        "react-native": web,
        browser: web,
        import: entry("esm"),
        require: entry("cjs"),
        default: "./esm/client.js",
      },
      "./browser": "./browser/tributary-client.js",
      "./package.json": "./package.json",
    },
    sideEffects: false,
    dependencies: { "socket.io-client": `^${dependencies["socket.io-client"]}` },
  }
}

const PRIVATE = PRIVATE_NAMES.join("|")

/** A private name that stands in the code as a text. */
const TEXT = new RegExp(`(["'\`])(${PRIVATE})\\1`, "g")

/** What stands for private names, then the same with a digit. `v` is a field of the handshake. */
const SHORT = [..."abcdefghijklmnopqrstuwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"]

/** Private name → what stands for it: the shortest for those that are used most. */
function shortNames(code) {
  const uses = new Map(PRIVATE_NAMES.map((name) => [name, code.split(name).length]))
  const byUse = [...PRIVATE_NAMES].sort((a, b) => uses.get(b) - uses.get(a))
  return new Map(
    byUse.map((name, n) => [name, SHORT[n] ?? `${SHORT[n % SHORT.length]}${Math.floor(n / SHORT.length)}`]),
  )
}

/**
 * Bundlers shorten variables, and neither names of fields nor texts: only this project knows which of them are its own.
 * What was written for people is in the source map.
 */
async function shorten(path, format) {
  const written = readFileSync(path, "utf8")
  const names = shortNames(written)
  // With spaces, so that what follows is where the source map says.
  const program = written.replace(TEXT, (text, _, name) => `"${names.get(name)}"`.padEnd(text.length))
  const { code, map } = await minify(program, {
    ecma: 2022,
    module: format === "es",
    // The only name that a script gives to a page is the one it is used by.
    toplevel: format !== "iife",
    compress: { passes: 4, unsafe_arrows: true, lhs_constants: false },
    // Some are names of the browser as well, and nothing of it that is called so is used.
    mangle: {
      properties: { builtins: true, regex: new RegExp(`^(?:${PRIVATE})$`), cache: { props: names } },
    },
    sourceMap: {
      content: readFileSync(`${path}.map`, "utf8"),
      includeSources: true,
      url: `${basename(path)}.map`,
    },
  })
  writeFileSync(path, code)
  writeFileSync(`${path}.map`, map)
}

/** One file per module system. */
const library = (target, formats) => ({
  configFile: false,
  logLevel: "warn",
  root: ROOT,
  build: {
    outDir: join(target, formats.folder),
    emptyOutDir: false,
    sourcemap: true,
    minify: true,
    target: SYNTAX,
    lib: { entry: ENTRY, name: "Tributary", formats: [formats.format], fileName: () => formats.file },
    rollupOptions: { external: formats.external },
  },
  resolve: { alias: formats.alias },
})

const STOCK = { external: ["socket.io-client"], alias: {} }
const PLAIN = { external: [], alias: { "./stock-socket.ts": PLAIN_SOCKET } }

const BUILDS = [
  { folder: "esm", format: "es", file: "client.js", ...STOCK },
  { folder: "cjs", format: "cjs", file: "client.js", ...STOCK },
  { folder: "web", format: "es", file: "client.js", ...PLAIN },
  { folder: "web-cjs", format: "cjs", file: "client.js", ...PLAIN },
  { folder: "browser", format: "iife", file: "tributary-client.js", ...PLAIN },
]

const ESM = ["esm", "web"]
const CJS = ["cjs", "web-cjs"]

/** What is packed is what people run, also where a test packs it. */
async function buildFor(formats, target) {
  const { NODE_ENV } = process.env
  process.env.NODE_ENV = "production"
  try {
    await build(library(target, formats))
    await shorten(join(target, formats.folder, formats.file), formats.format)
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  }
}

/** The declarations that a host sees, and what those name, as the build made them: nothing of the wire's schemas is among them. */
function declarations(target) {
  const { status } = spawnSync(process.execPath, [join(ROOT, "scripts/build.mjs")], { stdio: "inherit" })
  if (status !== 0) throw new Error("The declarations could not be made.")
  const seen = new Set(["client/client.d.ts"])
  for (const path of seen) {
    const text = readFileSync(join(ROOT, "dist", path), "utf8")
    const shown = text.replace(/((?:from|import\()\s*")(\.[^"]*)\.(?:ts|js)"/g, (_, before, to) => {
      seen.add(`${posix.join(posix.dirname(path), to)}.d.ts`)
      return `${before}${to}.js"`
    })
    for (const folder of [...ESM, ...CJS]) {
      mkdirSync(join(target, folder, dirname(path)), { recursive: true })
      writeFileSync(join(target, folder, path), shown)
    }
  }
}

/** The browser's file alone. @returns its path */
export async function buildBrowserFile(target) {
  const formats = BUILDS.find(({ folder }) => folder === "browser")
  await buildFor(formats, target)
  return join(target, formats.folder, formats.file)
}

/** @returns the folder of the package */
export async function buildClientPackage(target = join(ROOT, "dist/tributary-client")) {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  for (const formats of BUILDS) await buildFor(formats, target)
  declarations(target)
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
  writeFileSync(join(target, "package.json"), json(manifestOf(manifest)))
  for (const folder of ESM)
    writeFileSync(join(target, folder, "package.json"), json({ type: "module", sideEffects: false }))
  for (const folder of CJS)
    writeFileSync(join(target, folder, "package.json"), json({ type: "commonjs", sideEffects: false }))
  cpSync(join(ROOT, "LICENSE"), join(target, "LICENSE"))
  cpSync(join(ROOT, "docs/client.md"), join(target, "README.md"))
  return target
}

/** @returns the path of the archive */
export async function packClient() {
  const folder = await buildClientPackage()
  const { status, stdout } = spawnSync("npm", ["pack", "--silent", "--pack-destination", dirname(folder)], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  })
  if (status !== 0) throw new Error("npm could not pack the client.")
  return join(dirname(folder), stdout.trim())
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${await packClient()}\n`)
