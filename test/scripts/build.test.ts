/** What `npm start` does where nothing can be built, as after `npm install --omit=dev`. */
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, beforeEach, expect, test } from "vitest"

const SCRIPT = fileURLToPath(new URL("../../scripts/build.mjs", import.meta.url))
/** What the two steps make. */
const MADE = ["dist/main.js", "dist/web/widget.js"]

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "tributary-build-"))
  mkdirSync(join(home, "scripts"))
  mkdirSync(join(home, "dist", "web"), { recursive: true })
  cpSync(SCRIPT, join(home, "scripts", "build.mjs"))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const build = () => spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: home, encoding: "utf8" })

test("what was built before is taken as it is", () => {
  for (const path of MADE) writeFileSync(join(home, path), "as it is")
  expect(build()).toMatchObject({ status: 0, stderr: "" })
  for (const path of MADE) expect(readFileSync(join(home, path), "utf8")).toBe("as it is")
})

test.each(MADE)("without %s it says what to do", (missing) => {
  for (const path of MADE.filter((other) => other !== missing)) writeFileSync(join(home, path), "")
  const { status, stderr } = build()
  expect(status).toBe(1)
  expect(stderr).toContain(`${missing} is not built`)
  expect(stderr).toContain("run npm install")
})
