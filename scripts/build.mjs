/**
 * `npm run build`: the hub by the compiler, the pages by Vite, each only if something it reads has changed. Without the
 * development packages (`npm install --omit=dev`) what was built before is taken as it is. `--unchecked`: the types are
 * checked by somebody else.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { createRequire } from "node:module"
import { join, sep } from "node:path"
import { fileURLToPath } from "node:url"

const ROOT = fileURLToPath(new URL("..", import.meta.url))
const require = createRequire(import.meta.url)

/** Files that are read by the code that stands beside them: the compiler copies none of them. */
const BESIDE = ["src/store/redis/commit.lua", "src/store/redis/lookups.lua", "src/store/redis/rights.lua"]

const STEPS = [
  {
    name: "hub",
    needs: "typescript",
    reads: ["package.json", "tsconfig.json", "tsconfig.build.json", "src"],
    except: ["src/web"],
    makes: "dist/main.js",
    async run() {
      const tsc = join(ROOT, "node_modules/typescript/bin/tsc")
      // One checker: several each learn the same types, and take more of the processor in all.
      const args = [tsc, "-p", "tsconfig.build.json", "--checkers", "1"]
      if (process.argv.includes("--unchecked")) args.push("--noCheck")
      const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" })
      if (status !== 0) process.exit(status ?? 1)
      for (const path of BESIDE) {
        const target = join(ROOT, path.replace(/^src/, "dist"))
        mkdirSync(join(target, ".."), { recursive: true })
        copyFileSync(join(ROOT, path), target)
      }
    },
  },
  {
    name: "web",
    needs: "vite",
    reads: ["package.json", "scripts", "src/web", "src/client", "src/lib", "src/protocol", "src/domain"],
    except: [],
    makes: "dist/web/widget.js",
    async run() {
      // What is built is what people run, also where a test builds it.
      process.env.NODE_ENV = "production"
      const { buildWeb } = await import("./build-web.mjs")
      await buildWeb(ROOT)
    },
  },
]

const installed = (name) => {
  try {
    require.resolve(`${name}/package.json`)
    return true
  } catch {
    return false
  }
}

/** As an installed package there are no sources, and what was packed is taken as it is. */
const isBuildable = ({ needs }) => installed(needs) && existsSync(join(ROOT, "src"))

function filesOf(path, except) {
  if (except.includes(path.split(sep).join("/"))) return []
  const whole = join(ROOT, path)
  if (!existsSync(whole)) return []
  const entries = readdirSync(whole, { withFileTypes: true })
  return entries.flatMap((entry) => {
    const below = join(path, entry.name)
    return entry.isDirectory() ? filesOf(below, except) : [below]
  })
}

/** Names the contents of everything that a step reads. */
function stampOf({ reads, except }) {
  const hash = createHash("sha256")
  const paths = reads.flatMap((path) => (/\.\w+$/.test(path) ? [path] : filesOf(path, except)))
  for (const path of paths.sort())
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(ROOT, path)))
      .update("\0")
  return hash.digest("hex")
}

/** One build at a time: the second finds what the first has made. */
async function alone(act) {
  const lock = join(ROOT, "dist", ".building")
  mkdirSync(join(ROOT, "dist"), { recursive: true })
  for (let waited = 0; ; waited += 100) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" })
      break
    } catch (error) {
      if (error.code !== "EEXIST") throw error
      if (!runs(Number(readFileSync(lock, "utf8")))) rmSync(lock, { force: true })
      else if (waited > 300_000) throw new Error(`Another build holds ${lock}.`)
      else await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  process.once("exit", () => rmSync(lock, { force: true }))
  await act()
}

function runs(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === "EPERM"
  }
}

const stampPathOf = ({ name }) => join(ROOT, "dist", `.${name}-stamp`)
const isMade = ({ makes }) => existsSync(join(ROOT, makes))
const isUpToDate = (step) =>
  isMade(step) && existsSync(stampPathOf(step)) && readFileSync(stampPathOf(step), "utf8") === stampOf(step)

async function bring(step) {
  if (isUpToDate(step)) return
  rmSync(stampPathOf(step), { force: true })
  // Read before it is built: what changes meanwhile is built the next time.
  const stamp = stampOf(step)
  await step.run()
  writeFileSync(stampPathOf(step), stamp)
}

for (const { needs, makes } of STEPS.filter((step) => !isBuildable(step) && !isMade(step))) {
  process.stderr.write(`${makes} is not built, and ${needs} is not installed: run npm install.\n`)
  process.exit(1)
}
const due = STEPS.filter((step) => isBuildable(step) && !isUpToDate(step))
if (due.length > 0)
  await alone(async () => {
    for (const step of due) await bring(step)
  })
