/** The load test works, and it can fail: every broken promise is seen. How fast anything is, is asserted nowhere. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, onTestFinished, test } from "vitest"
import { ConsoleCheck } from "../loadtest/check/console-check.ts"
import { Histogram } from "../loadtest/check/histogram.ts"
import { chained, EMPTY_CHAIN, textOf } from "../loadtest/check/key.ts"
import { CLEAN, type Verdict } from "../loadtest/check/verdict.ts"
import { type RoomsParams, rooms } from "../loadtest/generator/jobs/rooms-job.ts"
import { missedVerdict } from "../loadtest/generator/missed.ts"
import { historyVerdict } from "../loadtest/generator/read-history.ts"
import { type Fault, startFaultyServer } from "./loadtest/faulty-server.ts"

const ROOT = fileURLToPath(new URL("../", import.meta.url))

/** The command line, to its end. */
async function loadtest(
  ...args: readonly string[]
): Promise<{ code: unknown; said: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "tributary-loadtest-"))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const child = spawn(process.execPath, ["--import", "tsx", "loadtest/main.ts", ...args, "--out", folder], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  let said = ""
  child.stdout.on("data", (chunk) => {
    said += chunk
  })
  child.stderr.on("data", (chunk) => {
    said += chunk
  })
  const [code] = await once(child, "close")
  return { code, said, folder }
}

describe("the load test", () => {
  test("plays a round of every target, checks it, and writes its result", { timeout: 60_000 }, async () => {
    const sizes = ["--rooms", "2", "--seconds", "0.3"]
    const { code, said, folder } = await loadtest("saturation", "--short", "--store", "embedded", ...sizes)
    expect(said).not.toContain("FAILED")
    expect(code).toBe(0)
    const files = await readdir(folder)
    expect(files.map((name) => name.split(".").at(-1)).sort()).toEqual(["html", "json"])
    const json = files.find((name) => name.endsWith(".json")) ?? ""
    // The boundary: what the load test itself wrote.
    const result = JSON.parse(await readFile(join(folder, json), "utf8")) as {
      rounds: { target: string; outcome: { verdict: Verdict; figures: Record<string, number> } }[]
    }
    expect(result.rounds.map(({ target }) => target)).toEqual(["hub", "bare", "usual"])
    for (const { outcome } of result.rounds) {
      expect(outcome.verdict).toEqual(CLEAN)
      expect(outcome.figures.perSecond).toBeGreaterThan(0)
    }
  })

  test("ends with 1 where a promise was broken, here by a peer", { timeout: 60_000 }, async () => {
    const server = await startFaultyServer("doubled")
    onTestFinished(() => server.close())
    const url = `http://127.0.0.1:${server.address.endpoints[0]?.port}`
    const peer = ["--opponent", "none", "--peer", url, "--adapter", "test/loadtest/adapter.ts"]
    const sizes = ["--rooms", "2", "--seconds", "0.5", "--consoles", "0", "--store", "embedded"]
    const { code, said } = await loadtest("saturation", "--short", ...sizes, ...peer)
    expect(said).toMatch(/FAILED: saturation, round 1, peer: \d+ doubled/)
    expect(code).toBe(1)
  })

  test("says what it can do, and refuses what it does not know", async () => {
    expect((await loadtest("--list")).said).toContain("saturation")
    // Asked for help, it plays nothing, whatever else is named.
    const help = await loadtest("saturation", "--help")
    expect(help.code).toBe(0)
    expect(help.said).toContain("npm run loadtest -- <scenario")
    const unknown = await loadtest("no-such-scenario")
    expect(unknown.code).toBe(1)
    expect(unknown.said).toContain("no-such-scenario")
  })
})

const SENT = 200

/** Rooms on a server with a fault, until enough was sent. */
async function verdictOn(fault: Fault): Promise<Verdict> {
  const server = await startFaultyServer(fault)
  onTestFinished(() => server.close())
  const params: RoomsParams = {
    address: server.address,
    run: "abcdef",
    first: 0,
    rooms: 2,
    devices: 3,
    senders: 3,
    window: 2,
    characters: 200,
    drainMs: 500,
  }
  let accepted = 0
  let enough = (): void => undefined
  const reached = new Promise<void>((resolve) => {
    enough = resolve
  })
  const job = await rooms(params, (progress) => {
    accepted += progress.accepted
    if (accepted >= SENT) enough()
  })
  job.go()
  await reached
  return (await job.stop()).verdict
}

describe("the check of a room", () => {
  test("finds nothing where nothing is wrong", async () => {
    expect(await verdictOn("none")).toEqual(CLEAN)
  })

  test.each(["lost", "doubled", "reordered", "leaked", "refused"] as const)(
    "sees what is %s",
    async (fault) => {
      const verdict = await verdictOn(fault)
      expect(verdict[fault]).toBeGreaterThan(0)
    },
  )
})

describe("the check of a console", () => {
  const row = { room: 1, length: 2, chain: chainOf([0, 0], [1, 0]) }
  const seen = (...messages: readonly (readonly [number, number])[]): Omit<Verdict, "refused"> => {
    const check = new ConsoleCheck()
    for (const [sender, n] of messages) check.received(1, sender, n)
    return check.verdict([row])
  }

  test("compares what it saw with what the devices saw", () => {
    const clean = { lost: 0, doubled: 0, reordered: 0, leaked: 0 }
    expect(seen([0, 0], [1, 0])).toEqual(clean)
    expect(seen([0, 0])).toEqual({ ...clean, lost: 1 })
    expect(seen([1, 0], [0, 0])).toEqual({ ...clean, reordered: 1 })
    expect(seen([0, 0], [1, 0], [1, 0])).toEqual({ ...clean, doubled: 1 })
  })
})

function chainOf(...messages: readonly (readonly [number, number])[]): number {
  return messages.reduce((hash, [sender, n]) => chained(hash, sender, n), EMPTY_CHAIN)
}

describe("the check of what was read", () => {
  const text = (room: number, n: number): string => textOf({ run: "abcdef", room, sender: 0, n }, 60)

  test("missed events: exactly those, in their order", () => {
    const missed = (...numbers: readonly number[]): Verdict =>
      missedVerdict(JSON.stringify(numbers.map((n) => ({ text: text(7, n) }))), {
        run: "abcdef",
        room: 7,
        from: 5,
        count: 3,
      })
    expect(missed(5, 6, 7)).toEqual(CLEAN)
    expect(missed(3, 4, 5, 6, 7)).toEqual(CLEAN)
    expect(missed(5, 7)).toEqual({ ...CLEAN, lost: 1 })
    expect(missed(5, 5, 6, 7)).toMatchObject({ doubled: 1 })
    expect(missed(5, 7, 6)).toMatchObject({ reordered: 1 })
    const strange = JSON.stringify([text(8, 5)])
    expect(missedVerdict(strange, { run: "abcdef", room: 7, from: 5, count: 0 })).toMatchObject({ leaked: 1 })
  })

  test("histories: every part whole and in its order, and nothing else", () => {
    const rooms = new Map([
      [1, 2],
      [2, 1],
    ])
    const read = (...keys: readonly (readonly [number, number])[]): Verdict =>
      historyVerdict(
        {
          texts: keys.map(([room, n]) => text(room, n)),
          positions: keys.map((_, index) => String(index)),
          pages: [],
        },
        { run: "abcdef", rooms },
      )
    expect(read([1, 0], [2, 0], [1, 1])).toEqual(CLEAN)
    expect(read([1, 0], [2, 0])).toEqual({ ...CLEAN, lost: 1 })
    expect(read([1, 0], [2, 0], [2, 0], [1, 1])).toEqual({ ...CLEAN, doubled: 1 })
    expect(read([1, 1], [1, 0], [2, 0])).toEqual({ ...CLEAN, reordered: 1 })
    expect(read([1, 0], [2, 0], [1, 1], [3, 0])).toEqual({ ...CLEAN, leaked: 1 })
  })
})

test("percentiles are right to some per cent", () => {
  const histogram = new Histogram()
  for (let ms = 1; ms <= 1000; ms++) histogram.record(ms)
  const joined = Histogram.joined([histogram.counts(), histogram.counts()])
  expect(joined.count).toBe(2000)
  for (const share of [0.5, 0.9, 0.99]) {
    const error = joined.quantile(share) / (1000 * share)
    expect(error).toBeGreaterThan(0.96)
    expect(error).toBeLessThan(1.04)
  }
})
