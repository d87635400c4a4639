/** The drafts of a tab in the storage of its browser: what is written, and what is left alone. */
import { expect, it } from "vitest"
import { clientStorage } from "../../src/client/client-storage.ts"
import { draftStorage } from "../../src/client/draft-storage.ts"
import type { Draft } from "../../src/client/outbox.ts"
import { systemClock } from "../../src/lib/clock.ts"

/** As a browser's: `null` for what is absent. */
function watchedStorage() {
  const values = new Map<string, string>()
  const writes: string[] = []
  const storage = {
    get: (key: string) => values.get(key) ?? null,
    set(key: string, value: string) {
      writes.push(`sets ${key}`)
      values.set(key, value)
    },
    remove(key: string) {
      writes.push(`removes ${key}`)
      values.delete(key)
    },
  }
  return { values, writes, storage }
}

const draft = (localId: string): Draft => ({
  body: { localId, content: { type: "text", text: localId } },
  typedAt: 1,
})

const thrown = (error: Error): void => {
  throw error
}

function draftsOf(tab: string, storage: ReturnType<typeof watchedStorage>["storage"], complain = thrown) {
  return draftStorage({
    storage: clientStorage(storage, systemClock, complain),
    clock: systemClock,
    prefix: "",
    tab,
    isOpen: async () => false,
  })
}

it("a tab without drafts writes nothing, however often it says that it is here", () => {
  const { writes, storage } = watchedStorage()
  draftsOf("one", storage).touch()
  expect(writes).toEqual([])
})

it("when its last draft is gone, nothing of the tab is left", () => {
  const { values, writes, storage } = watchedStorage()
  const drafts = draftsOf("one", storage)
  for (const localId of ["a", "b"]) drafts.keep(draft(localId))
  expect(writes).toContain("sets draft:one:1")
  for (const localId of ["b", "a"]) drafts.drop(localId)
  expect([...values]).toEqual([])
})

it("another tab takes what one left behind, in its order, and nothing stays under the old name", async () => {
  const { values, storage } = watchedStorage()
  const left = draftsOf("one", storage)
  for (const localId of ["a", "b", "c"]) left.keep(draft(localId))
  left.drop("b")
  const adopted = await draftsOf("two", storage).adopt()
  expect(adopted.map(({ body }) => body.localId)).toEqual(["a", "c"])
  expect([...values.keys()].filter((key) => key.includes("one"))).toEqual([])
})

it("in a storage of any room another tab finds every draft that was stored, and nothing stays", async () => {
  for (let room = 0; room < 400; room += 1) {
    const { values, storage } = watchedStorage()
    const set = (key: string, value: string): void => {
      const others = [...values].filter(([of]) => of !== key)
      if ([...others, [key, value]].flat().join("").length > room) throw new Error("full")
      storage.set(key, value)
    }
    const left = draftsOf("one", { ...storage, set }, () => undefined)
    for (const localId of ["a", "b", "c"]) left.keep(draft(localId))
    const stored = [...values.keys()].filter((key) => key.startsWith("draft:"))
    expect(await draftsOf("two", storage).adopt(), `${room}`).toHaveLength(stored.length)
    expect([...values.keys()].filter((key) => key.includes("one"))).toEqual([])
  }
})
