/** The README tells the truth: its tables are those of the code, its snippets run as they are written. */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { settingsTable } from "../src/config.ts"
import { createHub, type Hub } from "../src/hub.ts"
import { systemClock } from "../src/lib/clock.ts"
import { createLog } from "../src/lib/log.ts"
import { openLmdb } from "../src/store/lmdb/lmdb.ts"
import type { Store } from "../src/store/store.ts"
import * as tables from "./readme/tables.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url))
const readme = readFileSync(join(ROOT, "README.md"), "utf8")

describe("the tables are those of the code:", () => {
  test.each([
    ["settings", settingsTable().trimEnd()],
    ["handshake", tables.handshakeFields()],
    ["commands", tables.commandTable()],
    ["events", tables.eventTable()],
    ["signals", tables.signalTable()],
    ["errors", tables.errorTable()],
    ["admin API", tables.adminTable()],
  ])("%s", (name, written) => {
    expect(readme.includes(`\n${written}\n`), `README.md must have, of the ${name}:\n\n${written}\n`).toBe(
      true,
    )
  })
})

describe("the map", () => {
  const links = [...readme.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map(([, path = ""]) => path)

  test("leads nowhere that does not exist", () => {
    expect(links.filter((path) => path !== "" && !existsSync(join(ROOT, path)))).toEqual([])
  })

  test("to its own sections leads somewhere", () => {
    const headings = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    )
    const anchors = [...readme.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = ""]) => anchor)
    expect(anchors.filter((anchor) => !headings.includes(anchor))).toEqual([])
  })

  test("shows every part of src", () => {
    const parts = readdirSync(join(ROOT, "src")).map((name) => `src/${name}`)
    expect(
      parts.filter((part) => !links.some((path) => path === part || path.startsWith(`${part}/`))),
    ).toEqual([])
  })

  test("names commands that npm knows", () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(
      readFileSync(join(ROOT, "package.json"), "utf8"),
    )
    const named = [...readme.matchAll(/npm (?:run )?(start|test|demo|run \w+)/g)].map(([, name = ""]) => name)
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })
})

describe("the snippets run as they are written:", () => {
  const dir = mkdtempSync(join(tmpdir(), "tributary-readme-"))
  let store: Store
  let hub: Hub
  let url: string

  beforeAll(async () => {
    store = await openLmdb({ dir })
    hub = createHub({
      store,
      clock: systemClock,
      log: createLog({ level: "error", sink: (line) => void process.stderr.write(line), now: Date.now }),
      adminToken: "the admin token of this test",
      sessionSecret: "the session secret of this test",
      partitions: 1,
      development: true,
      drainMs: 0,
    })
    url = await hub.listen(0, "127.0.0.1")
  })
  afterAll(async () => {
    await hub.close()
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const block = (language: string, after: RegExp): string => {
    const found = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].find(
      ([, spoken, text = ""]) => spoken === language && after.test(text),
    )
    if (found?.[2] === undefined) throw new Error(`README.md has no such block: ${after}`)
    return found[2]
  }

  /** As a file beside package.json, but without one: read from standard input, packages are found from the folder. */
  const run = async (text: string, ...args: string[]): Promise<string> => {
    const child = spawn(process.execPath, ["--input-type=module", "-", url, ...args], { cwd: ROOT })
    let said = ""
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString()
    })
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString()
    })
    child.stdin.end(text)
    const code = await new Promise((resolve) => child.once("close", resolve))
    expect(said, "what the snippet said").not.toContain("Error")
    expect(code).toBe(0)
    return said
  }

  test("two-devices.mjs, and it says what the README says it says", async () => {
    const said = await run(block("js", /^\/\/ two-devices\.mjs/))
    expect(said.replaceAll(/usr_\w+/g, "usr_…")).toBe(block("text", /^browser: anonymous/))
  })

  test("embed.mjs, with the client as it is published", async () => {
    const said = await run(block("js", /^\/\/ embed\.mjs/))
    expect(said).toMatch(/^0 stored, 1 on their way$/m)
    expect(said).toMatch(/^1 stored, 0 on their way$/m)
    expect(said).toMatch(/upgraded: ann\n$/)
  })

  test("server.mjs, whose token opens the hub", async () => {
    const said = await run(block("js", /^\/\/ server\.mjs/), "the admin token of this test")
    const { appId, jwt }: Record<string, string> = JSON.parse(said)
    // The snippet's own app instead of the demo's, the token instead of one that is asked for.
    const snippet = block("js", /^\/\/ two-devices\.mjs/)
      .replace('appId: "demo"', `appId: "${appId}"`)
      .replace(/const \{ jwt \} = .*/, `const jwt = "${jwt}"`)
    expect(await run(snippet)).toContain("browser: merged, now customer-17")
  })
})
