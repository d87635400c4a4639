/** The client's package as `npm run pack:client` makes it. Fresh consumers of all kinds: `npm run check:client`. */
import { execFile, spawnSync } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { gzipSync } from "node:zlib"
import { io } from "socket.io-client"
import { build } from "vite"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { buildClientPackage } from "../../scripts/pack-client.mjs"
import { PRIVATE_NAMES } from "../../scripts/private-names.mjs"
import { openStage } from "../client/scripted-hub.ts"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))
const consumer = mkdtempSync(join(tmpdir(), "tributary-package-"))
const folder = join(consumer, "node_modules/@tributary/client")

/** For the consumer's compiler; in two parts, for this file expects no error of its own. */
const EXPECTED = ["@ts-expect", "error"].join("-")

/** Bytes, minified and compressed: the client alone, and with what it speaks over in a browser. */
const ALONE_BYTES = 15_850
const WHOLE_BYTES = 16_500
/** What the page says may be off by this. */
const ROUNDED_BYTES = 100

/** The objects that every engine has, as far as the client uses them. */
const CLASSES = [AbortController, Array, Error, Map, Number, Object, Promise, Set, String, URL, Uint8Array]
const LANGUAGE = [JSON, Math, ...CLASSES, ...CLASSES.map(({ prototype }) => prototype)]

/** What can be read from it, its own and inherited. */
const namesIn = (object: object | null): string[] =>
  object ? [...Object.getOwnPropertyNames(object), ...namesIn(Object.getPrototypeOf(object))] : []

beforeAll(async () => {
  await buildClientPackage(folder)
  symlinkSync(join(ROOT, "node_modules/socket.io-client"), join(consumer, "node_modules/socket.io-client"))
}, 180_000)
afterAll(() => rmSync(consumer, { recursive: true, force: true }))

const read = (path: string): string => readFileSync(join(folder, path), "utf8")
const files = (): string[] => readdirSync(folder, { recursive: true, encoding: "utf8" })
const gzipped = (code: string): number => gzipSync(code, { level: 9 }).length

describe("the package", () => {
  test("depends on socket.io-client alone, and has no side effects", () => {
    const { dependencies, sideEffects, main, module, types, unpkg } = JSON.parse(read("package.json"))
    expect(Object.keys(dependencies)).toEqual(["socket.io-client"])
    expect(sideEffects).toBe(false)
    for (const path of [main, module, types, unpkg]) expect(existsSync(join(folder, path))).toBe(true)
  })

  test("has code for both module systems and for browsers, each with its source map", () => {
    const built = ["esm/client.js", "cjs/client.js", "web/client.js", "web-cjs/client.js"]
    for (const path of [...built, "browser/tributary-client.js"])
      expect(JSON.parse(read(`${path}.map`)).sourcesContent.length).toBeGreaterThan(10)
  })

  test("declares what a host sees, and needs nothing of the wire's schemas for it", () => {
    const declared = files().filter((path) => path.endsWith(".d.ts"))
    const imported = declared.flatMap((path) =>
      [...read(path).matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(([, to = ""]) => ({ path, to })),
    )
    expect(imported.length).toBeGreaterThan(20)
    for (const { path, to } of imported) {
      if (to === "socket.io-client") continue
      expect(existsSync(join(folder, dirname(path), to.replace(/\.js$/, ".d.ts"))), `${path}: ${to}`).toBe(
        true,
      )
    }
    expect(imported.filter(({ to }) => /zod|protocol/.test(to))).toEqual([])
  })

  test("has names and texts shortened that are its own, and none that a host, a hub or what it stands on knows", () => {
    const declarations = files()
      .filter((path) => path.endsWith(".d.ts"))
      .map(read)
    const protocol = join(ROOT, "src/protocol")
    const wire = readdirSync(protocol).map((path) => readFileSync(join(protocol, path), "utf8"))
    const words = [...declarations, ...wire].flatMap((text) => [
      ...text.matchAll(/\b(\w+)\??[:(]/g),
      ...text.matchAll(/"(\w+)"/g),
    ])
    const socket = io("http://127.0.0.1:9", { autoConnect: false })
    const known = new Set([...words.map(([, word]) => word), ...[socket, ...LANGUAGE].flatMap(namesIn)])
    for (const name of ["conversationId", "refused", "emit", "reject"]) expect(known).toContain(name)
    expect(PRIVATE_NAMES.filter((name) => known.has(name))).toEqual([])
    const code = read("esm/client.js")
    const isIn = (name: string): boolean => new RegExp(`\\.${name}\\b|["'\`{,]${name}["'\`:(,}]`).test(code)
    expect(["conversationId", "refused"].filter(isIn)).toEqual(["conversationId", "refused"])
    expect(PRIVATE_NAMES.filter(isIn)).toEqual([])
  })
})

describe("a consumer", () => {
  const USE = `const client = createClient({ url: "http://127.0.0.1:9", appId: "demo", channel: "web" })
client.connect(); client.send({ text: "dropped" }); client.close(); console.log(client.status.state)`

  const run = (name: string, text: string) => {
    writeFileSync(join(consumer, name), text)
    const { stdout, stderr } = spawnSync(process.execPath, [join(consumer, name)], { encoding: "utf8" })
    return { stdout: stdout.trim(), stderr }
  }

  test.each([
    ["app.mjs", `import { createClient } from "@tributary/client"`],
    ["app.cjs", `const { createClient } = require("@tributary/client")`],
  ])("uses it in %s", (name, line) => {
    expect(run(name, `${line}\n${USE}`)).toEqual({ stdout: "closed", stderr: "" })
  })

  const speaks = async (name: string, text: string, options: readonly string[]): Promise<string> => {
    const { url, stored } = await openStage()
    const program = `${text}
const client = createClient({ url: "${url}", appId: "app", channel: "web", storage: memoryStorage() })
client.connect()
client.send({ text: "from ${name}" }).then(() => client.close())`
    writeFileSync(join(consumer, name), program)
    const args = [...options, join(consumer, name)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 })
    expect(stored.map(({ content }) => content)).toEqual([{ type: "text", text: `from ${name}` }])
    return stdout.trim()
  }

  test.each([
    ["node.mjs", `import { createClient, memoryStorage } from "@tributary/client"`],
    ["node.cjs", `const { createClient, memoryStorage } = require("@tributary/client")`],
  ])("of Node speaks to the hub in %s, over socket.io-client", async (name, line) => {
    await speaks(name, line, [])
  })

  // As React Native is, Node with this flag is a platform with a WebSocket, and no events of a page.
  test.each([
    ["native.mjs", `import { createClient, memoryStorage } from "@tributary/client"`],
    ["native.cjs", `const { createClient, memoryStorage } = require("@tributary/client")`],
  ])("of React Native speaks to the hub in %s, over the platform's own socket", async (name, line) => {
    const own = `globalThis.WebSocket = class extends WebSocket { constructor(url) { super(url); console.log("the platform's own") } }`
    const options = ["--conditions", "react-native", "--experimental-websocket"]
    expect(await speaks(name, `${line}\n${own}`, options)).toBe("the platform's own")
  })

  test.each(["node16", "nodenext", "bundler"])(
    "is told what is wrong by TypeScript with %s",
    (resolution) => {
      const project = join(consumer, resolution)
      mkdirSync(project, { recursive: true })
      writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }))
      writeFileSync(
        join(project, "app.ts"),
        `import { createClient, type Status } from "@tributary/client"
const client = createClient({ url: "", appId: "", channel: "web" })
export const id: string = client.send({ text: "" }).localId
export const status: Status = client.status
// ${EXPECTED}: no such channel
createClient({ url: "", appId: "", channel: "pager" })
`,
      )
      const module = resolution === "bundler" ? "esnext" : resolution
      const options = [
        "--strict",
        "--noEmit",
        "--checkers",
        "1",
        "--target",
        "es2022",
        "--lib",
        "es2023,dom",
        "--module",
        module,
      ]
      const compiler = join(ROOT, "node_modules/typescript/bin/tsc")
      const args = [compiler, ...options, "--moduleResolution", resolution, "--types", "", "app.ts"]
      const { stdout, status } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" })
      expect({ stdout, status }).toEqual({ stdout: "", status: 0 })
    },
  )
})

/** What a bundler makes of it, minified. */
async function bundled(input: string, external: readonly string[]): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "silent",
    root: consumer,
    build: {
      write: false,
      target: "es2022",
      minify: true,
      rollupOptions: {
        input,
        external: [...external],
        preserveEntrySignatures: "strict",
        output: { format: "es" },
      },
    },
  })
  const [output] = Array.isArray(result) ? result : [result]
  return output && "output" in output ? output.output[0].code : ""
}

describe("its size", () => {
  /** Of docs/client.md, which is the package's README: in kB, rounded. */
  const said = (pattern: RegExp): number => Number(pattern.exec(read("README.md"))?.[1]) * 1000

  test("as a script stays within its budget, with what it speaks over", () => {
    const size = gzipped(read("browser/tributary-client.js"))
    expect(size).toBeLessThan(WHOLE_BYTES)
    expect(Math.abs(size - said(/all of it is ([\d.]+) kB/))).toBeLessThan(ROUNDED_BYTES)
  })

  test.each([
    ["imports", "site.mjs", `export { createClient } from "@tributary/client"`],
    ["requires", "site.cjs", `exports.createClient = require("@tributary/client").createClient`],
  ])(
    "in a site that %s it stays within the same, and has only the browser's own socket below it",
    async (_, name, line) => {
      const entry = join(consumer, name)
      writeFileSync(entry, `${line}\n`)
      const code = await bundled(entry, [])
      expect(code).toContain("WebSocket")
      expect(code).not.toMatch(/polling|webtransport/i)
      expect(gzipped(code)).toBeLessThan(WHOLE_BYTES)
    },
  )

  test("alone stays within its budget", async () => {
    const code = await bundled(join(folder, "esm/client.js"), ["socket.io-client"])
    expect(code.length).toBeGreaterThan(10_000)
    expect(gzipped(code)).toBeLessThan(ALONE_BYTES)
    expect(Math.abs(gzipped(code) - said(/and ([\d.]+) kB without that/))).toBeLessThan(ROUNDED_BYTES)
  })
})
