/** The embedded store's file: damaged it is refused in one sentence, deleted under the store nothing is acknowledged. */
import { execFileSync, spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { cp, mkdir, mkdtemp, rename, rm, stat, symlink, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { StoreUnavailable } from "../../src/store/contract.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { bytes, numbers, say } from "./contract/rig.ts"

const P = "app:0"
const PAGE = 4096
let sound: string

beforeAll(async () => {
  sound = await mkdtemp(join(tmpdir(), "tributary-file-"))
  const store = await openLmdb({ dir: sound })
  // Branches, leaves and values of several pages.
  for (let i = 0; i < 200; i += 1)
    await store.commit(P, {
      put: [[`key${i}`, Buffer.alloc(i * 40, i)]],
      append: [{ log: `log${i % 7}`, value: Buffer.alloc(500, i) }],
    })
  await store.close()
})
afterAll(() => rm(sound, { recursive: true, force: true }))

async function copy(): Promise<{ dir: string; file: string }> {
  const dir = await mkdtemp(join(tmpdir(), "tributary-file-"))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  await cp(join(sound, "data.mdb"), join(dir, "data.mdb"))
  return { dir, file: join(dir, "data.mdb") }
}

const overwrite = (file: string, from: number, to: number): void => {
  const all = readFileSync(file)
  all.fill(0xa5, from, to)
  writeFileSync(file, all)
}

test("what is whole is opened, also after a copy", async () => {
  const { dir } = await copy()
  const store = await openLmdb({ dir })
  expect(numbers(await store.read(P, "log0", { limit: 100 }))).toHaveLength(29)
  await store.close()
})

describe("one sentence, and no signal, for a file that", () => {
  test.each<readonly [string, (file: string, size: number) => unknown]>([
    ["is empty", (file) => truncate(file, 0)],
    ["is a folder", (file) => rm(file).then(() => mkdir(file))],
    ["is a link that leads nowhere", (file) => rm(file).then(() => symlink(`${file}.nowhere`, file))],
    ["is a pipe", (file) => rm(file).then(() => execFileSync("mkfifo", [file]))],
    ["has a few bytes", (file) => truncate(file, 100)],
    ["has one page", (file) => truncate(file, PAGE)],
    ["is cut to a half", (file, size) => truncate(file, Math.floor(size / 2))],
    ["lacks its last pages", (file, size) => truncate(file, size - 5 * PAGE)],
    ["is text", (file) => writeFile(file, "This is no database.\n".repeat(2_000))],
    ["is zeros", (file, size) => overwriteWith(file, size, 0)],
    ["begins with noise", (file) => overwrite(file, 0, 3 * PAGE)],
    ["has noise in its middle", (file, size) => overwrite(file, Math.floor(size / 2), size)],
    ["is noise after its beginning", (file, size) => overwrite(file, 2 * PAGE, size)],
  ])("%s", async (_, harm) => {
    const { dir, file } = await copy()
    await harm(file, (await stat(file)).size)
    await expect(openLmdb({ dir })).rejects.toThrow(
      /^The data file .*data\.mdb .*: put a backup in its place.*\.$/,
    )
    // The directory is not locked by the refusal, and begins anew once the file is moved away.
    await rename(file, `${file}.damaged`)
    await (await openLmdb({ dir })).close()
  })

  function overwriteWith(file: string, size: number, value: number): void {
    writeFileSync(file, Buffer.alloc(size, value))
  }
})

test.each<readonly [string, (lock: string) => unknown]>([
  ["is a folder", (lock) => mkdir(lock)],
  ["is a link that leads nowhere", (lock) => symlink(`${lock}.nowhere`, lock)],
  ["is a pipe", (lock) => execFileSync("mkfifo", [lock])],
  ["is a device", (lock) => symlink("/dev/null", lock)],
])("one sentence, and no signal, for a lock file that %s", async (_, harm) => {
  const { dir } = await copy()
  const lock = join(dir, "lock.mdb")
  await harm(lock)
  await expect(openLmdb({ dir })).rejects.toThrow(/^The lock file .*lock\.mdb is .*: remove it.*\.$/)
  await rm(lock, { recursive: true })
  await (await openLmdb({ dir })).close()
})

test("[S11] gone from beside its lock: nobody begins an empty store by mistake", async () => {
  const { dir, file } = await copy()
  await (await openLmdb({ dir })).close()
  await rm(file)
  await expect(openLmdb({ dir })).rejects.toThrow(/data\.mdb is gone.*put a backup in its place/)
  await rm(join(dir, "lock.mdb"))
  await (await openLmdb({ dir })).close()
})

test("whatever is done to a page, the process that opens it ends with words or opens it", () => {
  const script = fileURLToPath(new URL("./lmdb/opener.ts", import.meta.url))
  const { status, signal, stdout } = spawnSync(
    process.execPath,
    ["--import", "tsx", script, join(sound, "data.mdb")],
    {
      encoding: "utf8",
    },
  )
  expect([status, signal]).toEqual([0, null])
  expect(stdout).toMatch(/^\d+ refused, \d+ opened\n$/)
})

test("[S13] cut off under the store: no signal, nothing is answered, and it is told once", () => {
  const script = fileURLToPath(new URL("./lmdb/cutter.ts", import.meta.url))
  const { status, signal, stdout } = spawnSync(process.execPath, ["--import", "tsx", script], {
    encoding: "utf8",
  })
  expect([status, signal]).toEqual([0, null])
  expect(stdout).toBe("16 sentences, 0 answers\n")
})

test("[S13] deleted under the store: nothing more is acknowledged, and it is not ready", async () => {
  const { dir } = await copy()
  const store = await openLmdb({ dir })
  onTestFinished(() => store.close())
  await say(store, P, "log", "kept")
  await rm(dir, { recursive: true })
  await expect(store.commit(P, { put: [["key", bytes("lost")]] })).rejects.toBeInstanceOf(StoreUnavailable)
  await expect(store.ping()).rejects.toBeInstanceOf(StoreUnavailable)
  await expect(store.load(P, ["key"])).rejects.toThrow(/deleted/)
})

test("only the owner may read it", async () => {
  const dir = join(sound, "new")
  await (await openLmdb({ dir })).close()
  for (const name of ["", "data.mdb", "lock.mdb"]) expect((await stat(join(dir, name))).mode & 0o077).toBe(0)
})
