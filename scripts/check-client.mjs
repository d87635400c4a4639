/**
 * `npm run check:client`: the packed client in projects that know nothing of this one. Each is made in a temporary
 * folder, installs its own tools from the registry that npm is set to, and says "ok" or shows what went wrong.
 *
 * `npm run check:client jest webpack` runs only the consumers that are named.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { packClient } from "./pack-client.mjs"

/** Says "ok" if a client can be made and closed, and its functions are there. */
const USE = `
const client = createClient({ url: "http://127.0.0.1:9", appId: "demo", channel: "web" })
const sending = client.send({ text: "hello" })
if (client.view.outgoing[0]?.localId !== sending.localId) throw new Error("no outbox")
if (!(memoryStorage().get("x") === undefined)) throw new Error("no storage")
client.close()
`

const TYPED = `import { ClientError, createClient, firstUnread, type ClientView, type Status } from "@tributary/client"
const client = createClient({ url: "https://chat.example.com", appId: "demo", channel: "web", tabs: false })
const off: () => void = client.on("view", (view: ClientView) => {
  for (const conversation of view.conversations) firstUnread(conversation)?.content.type
})
const shown = (status: Status): string => (status.state === "waiting" ? String(status.retryAt) : status.state)
export const typed: string = client.send({ text: shown(client.status) }).localId
export async function signIn(): Promise<string> {
  try {
    return (await client.login(async () => null)).outcome
  } catch (error) {
    return error instanceof ClientError ? error.code : ""
  } finally {
    off()
  }
}
// @ts-expect-error: no such channel
createClient({ url: "", appId: "", channel: "pager" })
`

const compiler = (version) =>
  ["node16", "nodenext", "bundler"].map((resolution) => ({
    name: `typescript ${version} ${resolution}`,
    install: [`typescript@${version}`],
    files: {
      "package.json": JSON.stringify({ type: "module" }),
      "app.ts": TYPED,
      "required.cts": `import client = require("@tributary/client")\nexport const made = client.memoryStorage()\n`,
      "tsconfig.json": JSON.stringify({
        compilerOptions: {
          strict: true,
          exactOptionalPropertyTypes: true,
          target: "es2022",
          lib: ["es2023", "dom"],
          types: [],
          module: resolution === "bundler" ? "esnext" : resolution,
          moduleResolution: resolution,
          noEmit: true,
        },
        files: resolution === "bundler" ? ["app.ts"] : ["app.ts", "required.cts"],
      }),
    },
    run: [["npx", "tsc", "-p", "."]],
  }))

const CONSUMERS = [
  {
    name: "node",
    install: [],
    files: {
      "esm.mjs": `import { createClient, memoryStorage } from "@tributary/client"\n${USE}`,
      "cjs.cjs": `const { createClient, memoryStorage } = require("@tributary/client")\n${USE}`,
    },
    run: [
      ["node", "esm.mjs"],
      ["node", "cjs.cjs"],
    ],
  },
  {
    name: "vite",
    install: ["vite@8"],
    files: {
      "index.html": `<script type="module" src="./app.js"></script>`,
      "app.js": `import { createClient, memoryStorage } from "@tributary/client"\n${USE}`,
    },
    run: [["npx", "vite", "build", "--logLevel", "warn"]],
    makes: "dist/index.html",
  },
  {
    name: "webpack",
    install: ["webpack@5", "webpack-cli@6"],
    files: {
      "app.js": `import { createClient, memoryStorage } from "@tributary/client"\n${USE}`,
      "unused.js": `import { createClient } from "@tributary/client"\nexport const nothing = 1\n`,
    },
    run: [
      ["npx", "webpack", "--mode", "production", "--entry", "./app.js", "-o", "out"],
      ["npx", "webpack", "--mode", "production", "--entry", "./unused.js", "-o", "unused"],
    ],
    makes: "out/main.js",
    // Nothing of a client that is not used.
    most: { "unused/main.js": 1_000 },
  },
  {
    name: "jest",
    install: ["jest@30"],
    files: {
      "client.test.js": `const { createClient, memoryStorage } = require("@tributary/client")\ntest("it can be used", () => {${USE}})\n`,
    },
    run: [["npx", "jest", "--ci"]],
  },
  {
    name: "metro",
    install: ["metro-resolver@0.83"],
    files: {
      "resolve.cjs": `
const { existsSync, readFileSync, realpathSync, statSync } = require("node:fs")
const { dirname, join } = require("node:path")
const { resolve } = require("metro-resolver")
const context = (extensions) => ({
  originModulePath: join(__dirname, "app.js"), allowHaste: false, assetExts: new Set(), customResolverOptions: {},
  dev: false, disableHierarchicalLookup: false, extraNodeModules: {}, mainFields: ["react-native", "browser", "main"],
  nodeModulesPaths: [], preferNativePlatform: true, sourceExts: extensions, unstable_enablePackageExports: true,
  unstable_conditionNames: ["require", "react-native"], unstable_conditionsByPlatform: {}, unstable_logWarning: console.warn,
  isESMImport: false, resolveAsset: () => undefined, resolveHasteModule: () => undefined, resolveHastePackage: () => undefined,
  doesFileExist: (path) => existsSync(path) && statSync(path).isFile(),
  fileSystemLookup: (path) => existsSync(path)
    ? { exists: true, type: statSync(path).isFile() ? "f" : "d", realPath: realpathSync(path) } : { exists: false },
  getPackage: (path) => JSON.parse(readFileSync(path, "utf8")),
  getPackageForModule: (path) => { const root = join(__dirname, "node_modules/@tributary/client")
    return path.startsWith(root) ? { packageJson: JSON.parse(readFileSync(join(root, "package.json"), "utf8")), rootPath: root, packageRelativePath: path.slice(root.length + 1) } : null },
  redirectModulePath: (path) => path,
})
const found = resolve(context(["js", "json"]), "@tributary/client", "ios")
if (!found.filePath.endsWith("web-cjs/client.js")) throw new Error(JSON.stringify(found))
`,
    },
    run: [["node", "resolve.cjs"]],
  },
  ...["5.4", "5.9", "7"].flatMap(compiler),
]

function check({ name, install, files, run, makes, most = {} }, archive) {
  const folder = mkdtempSync(join(tmpdir(), "tributary-consumer-"))
  const sh = ([command, ...args]) => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: "utf8" })
    if (status !== 0) throw new Error(`${[command, ...args].join(" ")}\n${stdout}${stderr}`)
  }
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    sh(["npm", "install", "--no-audit", "--no-fund", "--silent", archive, ...install])
    const installed = readdirSync(join(folder, "node_modules"))
    if (installed.includes("zod")) throw new Error("zod came along")
    for (const command of run) sh(command)
    if (makes && !existsSync(join(folder, makes))) throw new Error(`${makes} was not made`)
    for (const [path, bytes] of Object.entries(most)) {
      const { size } = statSync(join(folder, path))
      if (size > bytes) throw new Error(`${path} has ${size} bytes`)
    }
    process.stdout.write(`ok  ${name}\n`)
    return true
  } catch (error) {
    process.stdout.write(`NOT ${name}: ${error.message}\n`)
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const wanted = process.argv.slice(2)
const consumers = CONSUMERS.filter(
  ({ name }) => wanted.length === 0 || wanted.some((one) => name.includes(one)),
)
const archive = await packClient()
const passed = consumers.map((consumer) => check(consumer, archive))
process.exitCode = passed.length > 0 && passed.every(Boolean) ? 0 : 1
