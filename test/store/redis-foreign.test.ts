/** Keys of the hub's own names that another program has put there: a commit is whole or refused, never a half. */
import { expect, test } from "vitest"
import { type Change, type CommitId, StoreUnavailable } from "../../src/store/contract.ts"
import {
  channelKey,
  logKey,
  onceField,
  rankingKey,
  recordKey,
  spreadOf,
} from "../../src/store/redis/key-names.ts"
import { bytes, committed, say, text, texts } from "./contract/rig.ts"
import { LOG, P, redisStage } from "./redis-stage.ts"

const here = redisStage()
const OWN = { scope: "s", key: "k" }
const KNOWN = { scope: "other", key: "known" }
const CHANGE: Change = {
  id: OWN,
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

const hashOf = (id: CommitId): number => spreadOf(onceField(id))

/** An id whose answer is kept in the same hash. */
function neighbourOf(id: CommitId): CommitId {
  for (let n = 0; ; n++) {
    const other = { ...id, key: `first-${n}` }
    if (hashOf(other) === hashOf(id)) return other
  }
}

/** The one that is written today of the three hashes that keep this id's answer. */
async function hashNow(id: CommitId): Promise<string> {
  const keys = await here.server.cli("keys", `{${P}}o?${hashOf(id)}:${id.scope}`)
  return keys.trim()
}

const REPLACED: readonly (readonly [string, () => Promise<string>])[] = [
  ["a ranking", async () => rankingKey(P, "ranking")],
  ["a channel's number", async () => channelKey(P, 0)],
  ["the ids of a scope", () => hashNow(OWN)],
  ["the ids that become known", () => hashNow(KNOWN)],
]
test.each(REPLACED)(
  "[S1] %s that is of another type is written over, and the change is whole",
  async (_, key) => {
    const errors: string[] = []
    const store = await here.open({ onError: (error) => void errors.push(String(error)) })
    const { follower } = await here.follow(store)
    for (const id of [OWN, KNOWN]) await committed(store, P, { id: neighbourOf(id) })
    await committed(store, P, { rank: [["ranking", "leaver", 1]] })
    const name = await key()
    await replace(name)
    expect(await store.commit(P, CHANGE)).toMatchObject({ kind: "committed", n: [1] })
    await follower.received("whole")
    expect(texts(await store.read(P, LOG, { limit: 9 }))).toEqual(["whole"])
    expect((await store.load(P, ["k"])).map(({ value }) => text(value))).toEqual(["2"])
    expect(await store.rank(P, "ranking", { limit: 9 })).toEqual([{ member: "comer", score: 2 }])
    expect(await store.findResults(P, [OWN, KNOWN])).toMatchObject([{ n: [1] }, { answer: "earlier" }])
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
    expect(await store.findResults(P, [OWN, KNOWN])).toEqual([undefined, undefined])
    await here.server.cli("del", key)
    expect(await store.commit(P, change)).toMatchObject({ kind: "committed", n: [1] })
  },
)
