/** The embedded engine: the contract, and what only it can suffer. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { afterEach, beforeAll, describe, expect, test } from "vitest"
import { type Store, StoreUnavailable } from "../../src/store/contract.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { openTables } from "../../src/store/lmdb/tables.ts"
import { bundled } from "../bundled.ts"
import { bytes, committed, span, text, texts } from "./contract/rig.ts"
import { contractSuite, SPREAD } from "./contract-suite.ts"

const newDir = () => mkdtemp(join(tmpdir(), "tributary-lmdb-"))
const P = "app1:0"
const EVERYTHING = 1_000_000

contractSuite(
  "lmdb",
  async () => {
    const dir = await newDir()
    let store = await openLmdb({ dir })
    return {
      store,
      reopen: async () => {
        await store.close()
        store = await openLmdb({ dir })
        return store
      },
      close: async () => {
        await store.close()
        await rm(dir, { recursive: true })
      },
    }
  },
  { layout: SPREAD },
)

describe("lmdb only", { timeout: 30_000 }, () => {
  const endings: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end()
  })

  const directory = async (): Promise<string> => {
    const dir = await newDir()
    endings.push(() => rm(dir, { recursive: true }))
    return dir
  }
  const opened = async (dir: string, clock?: () => number): Promise<Store> => {
    const store = await openLmdb(clock === undefined ? { dir } : { dir, clock })
    endings.push(() => store.close())
    return store
  }
  let program: string
  beforeAll(async () => {
    program = await bundled("test/store/lmdb/writer.ts")
  })
  const writer = (dir: string, run: string, lanes = 0): Writer => {
    const child = new Writer(program, dir, run, lanes)
    endings.push(() => child.kill())
    return child
  }

  test("[S1] [S4] [S11] what a killed process had acknowledged is there, and no commit is there by half", async () => {
    const dir = await directory()
    const acknowledged: string[] = []
    for (const run of ["1", "2", "3"]) {
      const child = writer(dir, run, 16)
      await child.said(200 * Number(run))
      await child.kill()
      acknowledged.push(...child.lines.filter((line) => line !== "open"))

      const store = await openLmdb({ dir })
      const left = await store.read(P, "left", { limit: EVERYTHING })
      const right = await store.read(P, "right", { limit: EVERYTHING })
      const words = texts(left).map((word) => word ?? "")
      expect(words).toEqual(expect.arrayContaining(acknowledged))
      expect(new Set(words).size).toBe(words.length)
      expect(left.map((entry) => entry.n)).toEqual(span(1, left.length))
      expect(texts(right)).toEqual(words)
      expect(right.map((entry) => [entry.of?.n, text(entry.of?.value)])).toEqual(
        words.map((word, index) => [index + 1, word]),
      )
      const ranked = await store.rank(P, "r", { limit: EVERYTHING })
      expect(ranked.map((row) => row.member).sort()).toEqual([...words].sort())
      const known = await store.findResults(
        P,
        words.map((key) => ({ scope: "s", key })),
      )
      expect(known.map((repeated) => [repeated?.answer, repeated?.n[0]])).toEqual(
        words.map((word, index) => [word, index + 1]),
      )
      const [a, b] = await store.load(P, ["a", "b"])
      expect([text(a?.value), text(b?.value)]).toEqual([words.at(-1), words.at(-1)])
      await store.close()
    }
  })

  test("a second process is refused with a sentence, and let in when the first was killed", async () => {
    const dir = await directory()
    const first = writer(dir, "1")
    await first.said(1)
    await expect(openLmdb({ dir })).rejects.toThrow(`The data directory ${dir} is in use by another process`)
    const second = writer(dir, "2")
    await second.ended
    expect(second.lines.join()).toMatch(/in use by another process/)

    await first.kill()
    expect((await readdir(dir)).filter((name) => name.endsWith(".writer"))).toHaveLength(1)
    const store = await opened(dir)
    await store.ping()
    await expect(openLmdb({ dir })).rejects.toThrow(/in use/)
    await store.close()
    expect((await readdir(dir)).sort()).toEqual(["data.mdb", "lock.mdb"])
  })

  test("of many that open a directory at once no two are let in", async () => {
    const dir = await directory()
    for (const _ of span(1, 10)) {
      const results = await Promise.allSettled(span(1, 4).map(() => openLmdb({ dir })))
      const stores = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []))
      expect(stores.length).toBeLessThanOrEqual(1)
      await Promise.all(stores.map((store) => store.close()))
    }
    await (await openLmdb({ dir })).close()
  })

  test("[S4] an id is known for a day, also after a restart, and forgotten after two", async () => {
    const dir = await directory()
    const hour = 3_600_000
    const day = 24 * hour
    let now = 20_000 * day + 23 * hour
    const clock = () => now
    const once = (key: string) => ({ id: { scope: "s", key }, append: [{ log: "log", value: bytes(key) }] })
    let store = await opened(dir, clock)
    for (const k of span(1, 20)) await committed(store, P, once(`old ${k}`))
    now += day
    expect((await store.commit(P, once("old 1"))).kind).toBe("repeated")
    await store.close()
    store = await opened(dir, clock)
    expect((await store.commit(P, once("old 2"))).kind).toBe("repeated")

    now += day + 2 * hour
    expect(await store.findResults(P, [{ scope: "s", key: "old 3" }])).toEqual([undefined])
    for (const k of span(1, 12)) await committed(store, P, once(`new ${k}`))
    await store.close()
    const tables = openTables(dir)
    expect(tables.idempotency.getKeysCount({ start: Buffer.of(0) })).toBe(12)
    await tables.root.close()
  })

  test("[S4] [S5] a clock set back over midnight forgets no id and turns no log round", async () => {
    const dir = await directory()
    const midnight = 20_000 * 86_400_000
    let now = midnight + 1
    const clock = () => now
    const change = { id: { scope: "s", key: "k" }, append: [{ log: "log", value: bytes("x") }] }
    const first = await opened(dir, clock)
    await committed(first, P, change)
    now = midnight - 5_000
    expect((await first.commit(P, change)).kind).toBe("repeated")
    await first.close()
    const second = await opened(dir, clock)
    expect((await second.commit(P, change)).kind).toBe("repeated")
    expect(await committed(second, P, { append: change.append })).toEqual({
      kind: "committed",
      at: midnight + 1,
      n: [2],
    })
  })

  test("[S13] commits asked for before the store is closed are kept, those after are rejected", async () => {
    const dir = await directory()
    const store = await opened(dir)
    const early = span(1, 50).map((k) =>
      committed(store, P, { append: [{ log: "log", value: bytes(`${k}`) }] }),
    )
    const closing = store.close()
    await expect(store.commit(P, {})).rejects.toBeInstanceOf(StoreUnavailable)
    await Promise.all([...early, closing])
    const again = await opened(dir)
    expect((await again.head(P, "log"))?.n).toBe(50)
  })

  test("[S1] [S13] a disk that takes no more rejects with StoreUnavailable, keeps what it had, and goes on when it can", async () => {
    const dir = await directory()
    // The limit on the size of files stands for a full disk: commits of 1 MB into 4 MB.
    const limited = ["-c", 'ulimit -f 4096; exec "$0" --import tsx "$1" "$2"', process.execPath, FULL, dir]
    // lmdb-js writes each failure to stderr, too.
    const child = spawn("bash", limited, { stdio: ["ignore", "pipe", "ignore"] })
    endings.push(async () => child.kill("SIGKILL"))
    const lines: string[] = []
    for await (const line of createInterface(child.stdout)) lines.push(line)
    const kept = lines.filter((line) => /^kept \d/.test(line)).length
    expect(kept).toBeGreaterThan(0)
    expect(lines.slice(kept)).toEqual(["StoreUnavailable", "StoreUnavailable", "kept a small one", "closed"])
    const store = await opened(dir)
    const [record] = await store.load(P, ["last"])
    expect(text(record?.value)).toBe(String(kept))
    expect(await store.read(P, "log", { limit: EVERYTHING })).toHaveLength(kept)
  })
})

const FULL = fileURLToPath(new URL("./lmdb/full.ts", import.meta.url))
const DEADLINE_MS = 15_000

/** A process that commits, and what it has said. */
class Writer {
  readonly lines: string[] = []
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  #onLine: () => void = () => undefined

  constructor(program: string, dir: string, run: string, lanes: number) {
    const args = [program, dir, run, String(lanes)]
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
    this.#child = child
    const lines = createInterface(child.stdout)
    lines.on("line", (line) => {
      this.lines.push(line)
      this.#onLine()
    })
    const read = new Promise<void>((resolve) => lines.once("close", resolve))
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()))
    this.ended = Promise.all([read, gone]).then(() => undefined)
  }

  /** Resolves when the process has said so many lines. */
  said(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the writer said only ${this.lines.length} of ${count}: ${this.lines[0]}`)),
        DEADLINE_MS,
      )
      this.#onLine = () => {
        if (this.lines.length < count) return
        clearTimeout(timer)
        resolve()
      }
      this.#onLine()
    })
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL")
    await this.ended
  }
}
