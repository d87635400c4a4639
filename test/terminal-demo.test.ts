/** `npm run demo` as a stranger runs it. */
import { spawn } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, expect, test } from "vitest"
import { ANONYMOUS, ON_THE_PHONE, TOGETHER } from "../src/demo/dialogue.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "demo-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test("[P2][P3] the demo loses and doubles nothing, ends by itself and leaves nothing behind", async () => {
  const child = spawn("npm", ["run", "--silent", "demo"], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let said = ""
  let complained = ""
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString()
  })
  child.stderr.on("data", (chunk: Buffer) => {
    complained += chunk.toString()
  })
  const code = await new Promise((resolve) => child.once("close", resolve))
  expect([code, said.trimEnd().split("\n").slice(-2)], complained).toEqual([
    0,
    ["the same on every device", "lost 0, doubled 0"],
  ])

  // No colours where the output is no terminal.
  expect(said).not.toContain("\u001b")
  const history = said.slice(said.indexOf("The history"))
  for (const { text } of [...ON_THE_PHONE, ...ANONYMOUS, ...TOGETHER]) expect(history).toContain(text)
  expect(said).toContain("signed in as Mira: merged, 8")
  expect(readdirSync(folder).filter((name) => name.startsWith("tributary-"))).toEqual([])
})
