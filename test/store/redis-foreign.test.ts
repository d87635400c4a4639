/** Keys of the hub's own names that another program has put there: a commit is whole or refused, never a half. */
import { expect, test } from "vitest"
import { type Change, StoreUnavailable } from "../../src/store/contract.ts"
import { channelKey, logKey, rankingKey, recordKey } from "../../src/store/redis/key-names.ts"
import { bytes, committed, say, text, texts } from "./contract/rig.ts"
import { LOG, P, redisStage } from "./redis-stage.ts"

const here = redisStage()
const KNOWN = { scope: "other", key: "known" }
const CHANGE: Change = {
  id: { scope: "s", key: "k" },
  known: [{ id: KNOWN, at: 1, n: [1], answer: "earlier" }],
  put: [["k", bytes("2")]],
  append: [{ log: LOG, value: bytes("whole"), announce: true }],
  rank: [
    ["ranking", "leaver", "out"],
    ["ranking", "comer", 2],
  ],
}

/** A list in place of a key, whatever that held. */
async function replace(key: string): Promise<void> {
  await here.server.cli("del", key)
  await here.server.cli("lpush", key, "of another program")
}

/** The one that is written today of the three hashes of a scope. */
async function idsOf(scope: string): Promise<string> {
  const keys = await here.server.cli("keys", `{${P}}o?:${scope}`)
  return keys.trim()
}

const REPLACED: readonly (readonly [string, () => Promise<string>])[] = [
  ["a ranking", async () => rankingKey(P, "ranking")],
  ["a channel's number", async () => channelKey(P, 0)],
  ["the ids of a scope", () => idsOf("s")],
  ["the ids that become known", () => idsOf(KNOWN.scope)],
]
test.each(REPLACED)(
  "[S1] %s that is of another type is written over, and the change is whole",
  async (_, key) => {
    const errors: string[] = []
    const store = await here.open({ onError: (error) => void errors.push(String(error)) })
    const { follower } = await here.follow(store)
    for (const scope of ["s", KNOWN.scope]) await committed(store, P, { id: { scope, key: "first" } })
    await committed(store, P, { rank: [["ranking", "leaver", 1]] })
    const name = await key()
    await replace(name)
    expect(await store.commit(P, CHANGE)).toMatchObject({ kind: "committed", n: [1] })
    await follower.received("whole")
    expect(texts(await store.read(P, LOG, { limit: 9 }))).toEqual(["whole"])
    expect((await store.load(P, ["k"])).map(({ value }) => text(value))).toEqual(["2"])
    expect(await store.rank(P, "ranking", { limit: 9 })).toEqual([{ member: "comer", score: 2 }])
    expect(await store.findResults(P, [{ scope: "s", key: "k" }, KNOWN])).toMatchObject([
      { n: [1] },
      { answer: "earlier" },
    ])
    expect(errors.filter((one) => one.includes(name))).toHaveLength(1)
    await say(store, P, LOG, "next")
    await follower.received("next")
  },
)

const REFUSED: readonly (readonly [string, string])[] = [
  ["a record", recordKey(P, "k")],
  ["a log", logKey(P, LOG)],
]
test.each(REFUSED)(
  "[S1] [S13] where %s is of another type, nothing is done and nothing known",
  async (_, key) => {
    const store = await here.open()
    await committed(store, P, { rank: [["ranking", "leaver", 1]] })
    await replace(key)
    const change = { ...CHANGE, expect: [["k", 0]] } as const
    await expect(store.commit(P, change)).rejects.toBeInstanceOf(StoreUnavailable)
    expect(await store.rank(P, "ranking", { limit: 9 })).toEqual([{ member: "leaver", score: 1 }])
    expect(await store.findResults(P, [{ scope: "s", key: "k" }, KNOWN])).toEqual([undefined, undefined])
    await here.server.cli("del", key)
    expect(await store.commit(P, change)).toMatchObject({ kind: "committed", n: [1] })
  },
)
