/**
 * `npm run build`: the hub by the compiler, the pages by Vite, each only if something it reads has changed. Without the
 * development packages (`npm install --omit=dev`) what was built before is taken as it is.
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
const BESIDE = ["src/store/redis/commit.lua"]

const STEPS = [
  {
    name: "hub",
    needs: "typescript",
    reads: ["package.json", "tsconfig.json", "tsconfig.build.json", "src"],
    except: ["src/web"],
    makes: "dist/main.js",
    async run() {
      const tsc = join(ROOT, "node_modules/typescript/bin/tsc")
      const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
        cwd: ROOT,
        stdio: "inherit",
      })
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

for (const step of STEPS) {
  const made = existsSync(join(ROOT, step.makes))
  if (!installed(step.needs)) {
    if (made) continue
    process.stderr.write(`${step.makes} is not built, and ${step.needs} is not installed: run npm install.\n`)
    process.exit(1)
  }
  const stampPath = join(ROOT, "dist", `.${step.name}-stamp`)
  const stamp = stampOf(step)
  if (made && existsSync(stampPath) && readFileSync(stampPath, "utf8") === stamp) continue
  rmSync(stampPath, { force: true })
  await step.run()
  writeFileSync(stampPath, stamp)
}
