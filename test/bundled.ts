/**
 * Programs as one file of JavaScript with the packages they use: a process that runs such a file starts in half of the
 * time that one needs which looks for a few hundred, and in a fifth of what compiling them first takes.
 */
import { createHash } from "node:crypto"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { endWithProcess } from "./orphans.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url))
/** Inside the project, so that packages are found. */
const CACHE = join(ROOT, "node_modules", ".cache", "tributary-tests")
/** What the code reads that stands beside it. */
const BESIDE = ["src/store/redis/commit.lua", "src/store/redis/lookups.lua", "src/store/redis/rights.lua"]
/** These look for their native parts beside themselves, or do without. */
const NATIVE = ["lmdb", "msgpackr-extract", "bufferutil", "utf-8-validate"]

const bundles = new Map<string, Promise<string>>()

/** @param entry from the project's root @returns the path of the program, made once and there until this process ends */
export function bundled(entry: string): Promise<string> {
  const made = bundles.get(entry) ?? bundleHere(entry)
  bundles.set(entry, made)
  return made
}

async function bundleHere(entry: string): Promise<string> {
  const folder = join(CACHE, `${basename(entry, ".ts")}-${process.pid}`)
  endWithProcess(() => rmSync(folder, { recursive: true, force: true }))
  return await bundle(entry, folder)
}

/**
 * The hub as it was built, made once for each build.
 *
 * @returns the path of the program, or `undefined` where nothing was built
 */
export function bundledHub(): Promise<string | undefined> {
  return keptOf("hub", "main.mjs", async (folder) => {
    await bundle("dist/main.js", folder)
    symlinkSync(join(ROOT, "dist", "web"), join(folder, "web"))
  })
}

/**
 * The client's file for browsers, made once for each build.
 *
 * @returns its path
 */
export async function browserClient(): Promise<string> {
  const path = await keptOf("web", join("browser", "tributary-client.js"), async (folder) => {
    const { buildBrowserFile } = await import("../scripts/pack-client.mjs")
    await buildBrowserFile(folder)
  })
  if (path === undefined) throw new Error("Nothing was built: npm run build.")
  return path
}

/** @param step of the build, whose stamp names all that it has read */
async function keptOf(
  step: "hub" | "web",
  file: string,
  make: (folder: string) => Promise<void>,
): Promise<string | undefined> {
  const stamp = join(ROOT, "dist", `.${step}-stamp`)
  if (!existsSync(stamp)) return undefined
  const hash = createHash("sha256")
  for (const path of [stamp, join(ROOT, "package-lock.json")]) hash.update(readFileSync(path))
  const name = `${step}-${hash.digest("hex").slice(0, 16)}`
  const made = join(CACHE, name, file)
  if (existsSync(made)) return made
  mkdirSync(CACHE, { recursive: true })
  const former = readdirSync(CACHE).filter((each) => each.startsWith(`${step}-`) && !each.startsWith(name))
  for (const each of former) rmSync(join(CACHE, each), { recursive: true, force: true })
  const draft = join(CACHE, `${name}-${process.pid}`)
  await make(draft)
  try {
    renameSync(draft, join(CACHE, name))
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    // Another process may have been quicker.
    if (!existsSync(made)) throw error
  }
  return made
}

async function bundle(entry: string, outDir: string): Promise<string> {
  const name = basename(entry).replace(/\.[jt]s$/, "")
  mkdirSync(outDir, { recursive: true })
  // Only here, so that those who find a bundle do not load it.
  const { build } = await import("vite")
  await build({
    configFile: false,
    root: ROOT,
    logLevel: "error",
    ssr: { noExternal: true, external: NATIVE },
    build: {
      ssr: entry,
      outDir,
      target: "node20",
      minify: false,
      rolldownOptions: { output: { entryFileNames: `${name}.mjs`, chunkFileNames: "[name]-[hash].mjs" } },
    },
  })
  for (const path of BESIDE) copyFileSync(join(ROOT, path), join(outDir, basename(path)))
  return join(outDir, `${name}.mjs`)
}
