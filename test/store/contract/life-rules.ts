import { expect, test } from "vitest"
import { type Following, StoreUnavailable } from "../../../src/store/contract.ts"
import {
  bytes,
  committed,
  conflicted,
  numbers,
  plain,
  RecordingFollower,
  type Rig,
  say,
  text,
} from "./rig.ts"

export function lifeRules(rig: Rig): void {
  test("[S11] what was acknowledged is there when the store is opened again", async () => {
    const before = new Map<string, unknown>()
    const state = async (p: string) => ({
      records: (await rig.store.load(p, ["k", "forwardedTo"])).map(({ version, value }) => [
        version,
        text(value),
      ]),
      log: (await rig.store.read(p, "log", { limit: 100 })).map(plain),
      head: await rig.store.head(p, "log"),
      ranking: await rig.store.rank(p, "r", { limit: 9 }),
      known: await rig.store.findResults(p, [{ scope: "s", key: "1" }]),
    })
    await rig.inEach(async (p) => {
      await committed(rig.store, p, { put: [["forwardedTo", bytes("x")]] })
      await committed(rig.store, p, {
        id: { scope: "s", key: "1" },
        answer: "kept",
        put: [["k", bytes(p)]],
        remove: ["forwardedTo"],
        append: [
          { log: "log", value: bytes("1") },
          { log: "log", value: bytes("2"), of: 0 },
        ],
        rank: [["r", "m", 1]],
      })
      before.set(p, await state(p))
    })
    const again = await rig.reopen()
    await rig.inEach(async (p) => {
      const records = await again.load(p, ["k", "forwardedTo"])
      const now = {
        records: records.map(({ version, value }) => [version, text(value)]),
        log: (await again.read(p, "log", { limit: 100 })).map(plain),
        head: await again.head(p, "log"),
        ranking: await again.rank(p, "r", { limit: 9 }),
        known: await again.findResults(p, [{ scope: "s", key: "1" }]),
      }
      expect(now).toEqual(before.get(p))

      // [S3] [S4] [S6] versions, ids and numbers go on where they were.
      const repeat = await again.commit(p, { id: { scope: "s", key: "1" }, put: [["k", bytes("twice")]] })
      expect(repeat.kind).toBe("repeated")
      const version = records[0]?.version ?? 0
      for (let turn = 0; turn < 20; turn += 1) {
        await committed(again, p, { put: [["k", bytes("next")]] })
        await conflicted(again, p, { expect: [["k", version]] })
      }
      const follower = new RecordingFollower(rig.deadline)
      const following = await again.follow(p, "log", follower)
      expect(following.head).toEqual(now.head)
      await say(again, p, "log", "3")
      await follower.received("3")
      expect(numbers(follower.entries)).toEqual([3])
    })
  })

  test("[S13] a store that answers can be pinged; closed, it rejects every call with StoreUnavailable", async () => {
    const { store } = rig
    const follower = new RecordingFollower(rig.deadline)
    const followings: Following[] = []
    await rig.inEach(async (p) => {
      await store.ping()
      followings.push(await store.follow(p, "log", follower))
    })
    await store.close()
    await rig.inEach(async (p) => {
      const calls = [
        () => store.ping(),
        () => store.load(p, ["k"]),
        () => store.read(p, "log", { limit: 1 }),
        () => store.head(p, "log"),
        () => store.rank(p, "r", { limit: 1 }),
        () => store.findResults(p, [{ scope: "s", key: "k" }]),
        () => store.commit(p, { put: [["k", bytes("x")]] }),
        () => store.follow(p, "log", follower),
      ]
      for (const call of calls) await expect(call()).rejects.toBeInstanceOf(StoreUnavailable)
    })
    for (const following of followings) following.stop()
    // Closing twice is no error.
    await store.close()
  })
}
