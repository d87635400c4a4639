/** The snippets of the pages run as they are written, and say what the pages say they say. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { createHub, type Hub } from "../src/hub.ts"
import { systemClock } from "../src/lib/clock.ts"
import { createLog } from "../src/lib/log.ts"
import type { Store } from "../src/store/contract.ts"
import { openLmdb } from "../src/store/lmdb/lmdb.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url))
const pages = ["README.md", "docs/console.md", "docs/admin-api.md", "docs/operations.md"].map((path) =>
  readFileSync(join(ROOT, path), "utf8"),
)

const DEADLINE_MS = 10_000

test("the README is read in a few minutes: details stand on pages of their own", () => {
  expect(pages[0]?.split("\n").length).toBeLessThanOrEqual(205)
})

/** A snippet while it runs. */
class Running {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #closed: Promise<unknown[]>
  #said = ""

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    this.#closed = once(child, "close")
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        this.#said += chunk
      })
  }

  async says(words: string): Promise<void> {
    const signal = AbortSignal.timeout(DEADLINE_MS)
    while (!this.#said.includes(words))
      await once(this.#child.stdout, "data", { signal }).catch(() => {
        throw new Error(`It did not say "${words}", but:\n${this.#said}`)
      })
  }

  type(text: string): void {
    this.#child.stdin.write(text)
  }

  /** Ends the input. @returns all that it said, once it has ended well */
  async end(): Promise<string> {
    this.#child.stdin.end()
    const [code] = await this.#closed
    expect(this.#said, "what the snippet said").not.toContain("Error")
    expect(code, this.#said).toBe(0)
    return this.#said
  }

  /** Does nothing to what has ended. */
  kill(): void {
    this.#child.kill()
  }
}

describe("the snippets run as they are written:", () => {
  let dir: string
  let store: Store
  let hub: Hub
  let url: string
  const begun: Running[] = []

  // Each begins as a reader does, who has just started their own hub.
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "tributary-readme-"))
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
  afterEach(async () => {
    for (const running of begun.splice(0)) running.kill()
    await hub.close()
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const block = (language: string, after: RegExp): string => {
    const found = pages
      .flatMap((page) => [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)])
      .find(([, spoken, text = ""]) => spoken === language && after.test(text))
    if (found?.[2] === undefined) throw new Error(`no page has such a block: ${after}`)
    return found[2]
  }

  /** As a file beside package.json, but without one: packages are found from the folder. */
  const start = (text: string, ...args: string[]): Running => {
    const asFile = ["--input-type=module", "--eval", text, "snippet.mjs", url, ...args]
    const running = new Running(spawn(process.execPath, asFile, { cwd: ROOT }))
    begun.push(running)
    return running
  }
  const run = (text: string, ...args: string[]): Promise<string> => start(text, ...args).end()

  test("two-devices.mjs, and it says what the page says it says", async () => {
    const said = await run(block("js", /^\/\/ two-devices\.mjs/))
    expect(said.replaceAll(/usr_\w+/g, "usr_…")).toBe(block("text", /^browser: anonymous/))
  })

  test("console.mjs: a visitor is seen, signs in and is answered", async () => {
    const devices = block("js", /^\/\/ two-devices\.mjs/)
    await run(devices)
    const agent = start(block("js", /^\/\/ console\.mjs/))
    await agent.says("Ana is in")
    await run(devices)
    await agent.says("merged into")
    agent.type("It comes tomorrow.\n")
    await agent.says("Ana: ")
    const said = await agent.end()
    expect(said.replaceAll(/tkt_\w+/g, "tkt_…")).toBe(block("text", /^Ana is in/))
  })

  test("embed.mjs, with the client as it is published", async () => {
    const said = await run(block("js", /^\/\/ embed\.mjs/))
    expect(said).toMatch(/^0 stored, 1 on their way$/m)
    expect(said).toMatch(/^1 stored, 0 on their way$/m)
    expect(said).toMatch(/upgraded: ann\n$/)
  })

  test("embedded.mjs, with the package's own entry", async () => {
    expect(await run(block("js", /^\/\/ embedded\.mjs/), join(dir, "another"))).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\n$/,
    )
  })

  test("an app is made as the page makes one", async () => {
    const asked = block("sh", /^curl -s -X POST/).replace("http://127.0.0.1:3000", url)
    const env = { ...process.env, ADMIN_TOKEN: "the admin token of this test" }
    const running = new Running(spawn("sh", ["-c", asked], { env }))
    begun.push(running)
    const { app } = JSON.parse(await running.end())
    expect(app).toMatchObject({ name: "My shop", settings: { conversationMode: "multi" } })
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
