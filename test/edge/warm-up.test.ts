/** A node's first logins: what they run was run before, and nothing of that is left. */
import { readdir } from "node:fs/promises"
import { basename, dirname } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { Apps } from "../../src/app/app-registry.ts"
import { warmUp } from "../../src/hub/warm-up.ts"
import { systemClock } from "../../src/lib/clock.ts"
import { createLog } from "../../src/lib/log.ts"
import { type Store, StoreUnavailable } from "../../src/store/contract.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { allTold } from "../app/desk.ts"
import { temporaryStore } from "../app/stage.ts"
import { startRedis } from "../store/redis-server.ts"

const openStore = (dir: string): Promise<Store> => openLmdb({ dir })

function listening() {
  const lines: string[] = []
  return { lines, log: createLog({ level: "debug", sink: (line) => void lines.push(line), now: Date.now }) }
}

test("visitors are merged within a partition and across, and then the store is gone; nothing is logged", async () => {
  const { lines, log } = listening()
  const merged: string[][] = []
  let folder = ""
  /** What the store holds when it is closed. */
  const looked = (store: Store): Store => ({
    ...store,
    async close() {
      const apps = new Apps(store)
      for (const entries of await allTold(await apps.get("warm-up")))
        merged.push(
          entries.flatMap(({ type, data }) => (type === "user:merge" ? [data.mergedUsers.discarded.id] : [])),
        )
      await apps.close()
      await store.close()
    },
  })
  const open = async (dir: string) => {
    folder = dir
    return looked(await openStore(dir))
  }
  // A machine that is busy takes longer than a start waits: then it ends beside it.
  await warmUp({ openStore: open, clock: systemClock, log })
  await expect.poll(() => readdir(dirname(folder))).not.toContain(basename(folder))
  const homes = merged.flat().map((id) => id.slice(4, 6))
  expect(new Set(homes)).toEqual(new Set(["00", "01"]))
  expect(lines).toEqual([])
})

test("where there is no room for a store, the node starts and says that its first login takes longer", async () => {
  const { lines, log } = listening()
  await warmUp({ openStore: () => Promise.reject(new Error("no room")), clock: systemClock, log })
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain("not warmed up")
  expect(lines[0]).toContain("no room")
})

test("a start does not wait for a disk that does not answer", async () => {
  const { lines, log } = listening()
  let fail = (_: Error): void => undefined
  const opened = new Promise<Store>((_, reject) => {
    fail = reject
  })
  await warmUp({ openStore: () => opened, clock: systemClock, log })
  expect(lines).toEqual([])
  fail(new Error("at last"))
  await expect.poll(() => lines.join()).toContain("at last")
})

test("the hub's own store is asked the same, and holds what it held", async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const own = await openRedis({ url: redis.url, prefix: "hub", onError: () => undefined })
  onTestFinished(() => own.close())
  const commits: Promise<unknown>[] = []
  const watched: Store = {
    ...own,
    commit(partition, change) {
      const answer = own.commit(partition, change)
      commits.push(answer)
      return answer
    },
  }
  const before = await redis.cli("keys", "*")
  const { lines, log } = listening()
  await warmUp({ openStore, own: watched, clock: systemClock, log })
  await expect.poll(() => commits.length).toBeGreaterThan(10)
  const kinds = await Promise.all(commits.map(async (answer) => Reflect.get(Object(await answer), "kind")))
  expect(new Set(kinds)).toEqual(new Set(["conflict"]))
  expect(await redis.cli("keys", "*")).toBe(before)
  expect(lines).toEqual([])
})

test("where the hub's own store does not answer, the node starts and leaves it to its readiness", async () => {
  const { lines, log } = listening()
  const away = () => Promise.reject(new StoreUnavailable("away"))
  const asked = { load: away, read: away, head: away, rank: away, rankTogether: away, commit: away }
  const own = await temporaryStore()
  onTestFinished(() => own.close())
  await warmUp({ openStore, own: { ...own.store, ...asked }, clock: systemClock, log })
  expect(lines).toEqual([])
})
