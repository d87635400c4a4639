/** A real browser: the system's Chromium, without a window. */
import { spawnSync } from "node:child_process"
import type { Browser } from "playwright-core"

const PLACES = ["chromium", "chromium-browser", "google-chrome"]

const found = (): string | undefined =>
  PLACES.find((program) => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0)

const pathOf = (program: string): string => spawnSync("which", [program]).stdout.toString().trim()

/** Finds Chromium, or installs it where that is allowed. @returns where it is */
export function ensureChromium(): string {
  if (found() === undefined && process.getuid?.() === 0) {
    spawnSync("apt-get", ["update"])
    spawnSync("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    })
  }
  const program = found()
  if (program === undefined)
    throw new Error("These tests need Chromium on the PATH: apt-get install chromium.")
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
    executablePath: ensureChromium(),
    args: ["--no-sandbox", "--disable-dev-shm-usage", `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`],
  })
}
