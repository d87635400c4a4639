/** A real browser: the system's Chromium, without a window. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Browser } from "playwright-core"

/** The same engine without what draws windows: these tests need a third of the processor's time with it. */
const SHELL = "chromium-headless-shell"
const WHOLE = ["chromium", "chromium-browser", "google-chrome"]

/** That the shell was looked for in vain; a new installation of the packages looks again. */
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/tributary-tests", import.meta.url))
const IN_VAIN = join(CACHE, "no-headless-shell")

const found = (): string | undefined =>
  [SHELL, ...WHOLE].find((program) => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0)

const pathOf = (program: string): string => spawnSync("which", [program]).stdout.toString().trim()

const apt = (...args: string[]): boolean =>
  spawnSync("apt-get", ["-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=15", ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  }).status === 0

const install = (name: string): boolean =>
  apt("install", "-y", "--no-remove", "--no-install-recommends", name)

/** Before any test: the shell is there where it can be installed, or else another Chromium. */
export function ensureChromium(): void {
  const program = found()
  if (program === SHELL || process.getuid?.() !== 0) return
  if (program !== undefined && existsSync(IN_VAIN)) return
  apt("update")
  if (install(SHELL) || (program === undefined && install("chromium"))) return
  mkdirSync(CACHE, { recursive: true })
  writeFileSync(IN_VAIN, "")
}

function chromiumPath(): string {
  const program = found()
  if (program === undefined)
    throw new Error(`These tests need Chromium on the PATH: apt-get install ${SHELL} or chromium.`)
  return pathOf(program)
}

/** Without TLS and by no name of this machine: no `navigator.locks`, no `crypto.subtle`. */
export const INSECURE_HOST = "shop.test"

let shared: Promise<Browser> | undefined

/** The browser of this process: tests are kept apart by profiles. It ends with the process. */
export function sharedBrowser(): Promise<Browser> {
  shared ??= launch()
  return shared
}

async function launch(): Promise<Browser> {
  // Only here, so that other tests do not load it.
  const { chromium } = await import("playwright-core")
  return await chromium.launch({
    executablePath: chromiumPath(),
    args: [
      "--no-sandbox",
      "--disable-dev-shm-usage",
      // Nothing here is drawn by a graphics card: a process of its own for that only passes pictures on.
      "--in-process-gpu",
      // A page here lives for seconds: what is compiled for later costs a fifth of its time, and is never needed.
      "--js-flags=--no-opt,--no-maglev,--max-lazy",
      `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`,
    ],
  })
}
