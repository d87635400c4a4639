import { expect, test } from "vitest"
import type { PartitionName } from "../../../src/store/contract.ts"
import { bytes, committed, numbers, plain, RecordingFollower, type Rig, say, span, texts } from "./rig.ts"

export function followRules(rig: Rig): void {
  const listen = async (p: PartitionName, log: string) => {
    const follower = new RecordingFollower(rig.deadline)
    const following = await rig.store.follow(p, log, follower)
    return { ear: follower, following }
  }

  test("[S9] a follower hears each announced entry after the head it was given, as reading gives it", () =>
    rig.inEach(async (p) => {
      await say(rig.store, p, "feed", "before")
      const { ear: follower, following } = await listen(p, "feed")
      expect(following.head).toEqual(await rig.store.head(p, "feed"))
      await committed(rig.store, p, {
        append: [
          { log: "messages", value: bytes(`words of ${p}`) },
          { log: "feed", value: bytes("new"), of: 0, announce: true },
          { log: "feed", value: bytes(""), of: 0, announce: true },
        ],
      })
      await say(rig.store, p, "feed 2", "of another log")
      await say(rig.store, p, "feed", "plain", "last")
      await follower.received("last")
      expect(texts(follower.entries)).toEqual(["new", "", "plain", "last"])
      const { at = 0, n = 0 } = following.head ?? {}
      const read = await rig.store.read(p, "feed", { after: { at, n }, limit: 100 })
      expect(follower.entries.map(plain)).toEqual(read.map(plain))
      expect(follower.breaks).toBe(0)
    }))

  test("[S9] an empty log can be followed; what conflicted or was a repeat is not heard", () =>
    rig.inEach(async (p) => {
      const { ear: follower, following } = await listen(p, "feed")
      expect(following.head).toBeUndefined()
      const append = [{ log: "feed", value: bytes("once"), announce: true }]
      for (let turn = 0; turn < 3; turn += 1) {
        await rig.store.commit(p, { id: { scope: "s", key: "k" }, append })
        await rig.store.commit(p, { expect: [["none", 1]], append })
      }
      await say(rig.store, p, "feed", "end")
      await follower.received("end")
      expect(texts(follower.entries)).toEqual(["once", "end"])
    }))

  test("[S9] entries that are not announced make no hole in those that are", () =>
    rig.inEach(async (p) => {
      const { ear: follower } = await listen(p, "feed")
      const loud: string[] = []
      for (const k of span(1, 30)) {
        const announce = k % 3 === 0
        if (announce) loud.push(`loud ${k}`)
        await committed(rig.store, p, {
          append: [{ log: "feed", value: bytes(`${announce ? "loud" : "silent"} ${k}`), announce }],
        })
      }
      await follower.received("loud 30")
      expect(texts(follower.entries).filter((word) => word?.startsWith("loud"))).toEqual(loud)
      expect(new Set(numbers(follower.entries)).size).toBe(follower.entries.length)
    }))

  test("[S9] many followers that join while many commit each hear everything after their head, once, in order", () =>
    rig.inEach(async (p) => {
      const writers = 4
      const each = 40
      const write = async (writer: number) => {
        for (const k of span(1, each)) {
          // Some wait for the answer before they go on, some do not.
          const commit = committed(rig.store, p, {
            append: [
              { log: "messages", value: bytes(`${writer}.${k}`) },
              { log: "feed", value: bytes(`${writer}.${k}`), of: 0, announce: true },
            ],
          })
          if (writer % 2 === 0 || k % 8 === 0) await commit
        }
      }
      const joined = await Promise.all(span(1, 5).map(() => listen(p, "feed")))
      let writing = true
      const written = Promise.all(span(1, writers).map(write)).finally(() => {
        writing = false
      })
      // Joins in the middle of things: as soon as an entry can be read, acknowledged and announced or not yet.
      for (let seen = 0; writing; ) {
        await new Promise(setImmediate)
        const head = await rig.store.head(p, "feed")
        if (head === undefined || head.n === seen) continue
        seen = head.n
        joined.push(await listen(p, "feed"))
      }
      await written
      expect(joined.length).toBeGreaterThan(5)
      const total = writers * each
      for (const { ear: follower, following } of joined) {
        const first = (following.head?.n ?? 0) + 1
        const expected = span(first, total)
        await follower.until(
          `entry ${total} is heard`,
          () => expected.length === 0 || follower.entries.at(-1)?.n === total,
        )
        expect(numbers(follower.entries)).toEqual(expected)
        for (const entry of follower.entries) expect(entry.of?.value).toEqual(entry.value)
        expect(follower.breaks).toBe(0)
      }
    }))

  test("[S9] who has stopped hears nothing more, and the others go on", () =>
    rig.inEach(async (p) => {
      const one = await listen(p, "feed")
      const two = await listen(p, "feed")
      await say(rig.store, p, "feed", "both")
      await Promise.all([one.ear.received("both"), two.ear.received("both")])
      one.following.stop()
      one.following.stop()
      await say(rig.store, p, "feed", "only two")
      await two.ear.received("only two")
      expect(texts(one.ear.entries)).toEqual(["both"])

      const back = await listen(p, "feed")
      expect(back.following.head?.n).toBe(2)
      await say(rig.store, p, "feed", "three")
      await Promise.all([back.ear.received("three"), two.ear.received("three")])
      expect(numbers(back.ear.entries)).toEqual([3])
      expect(numbers(two.ear.entries)).toEqual([1, 2, 3])
    }))

  test("[S9] a follower may stop, and others may stop or follow, from within a callback", () =>
    rig.inEach(async (p) => {
      const late = new RecordingFollower(rig.deadline)
      const other = await listen(p, "feed")
      const received: number[] = []
      const following = await rig.store.follow(p, "feed", {
        entry: ({ n }) => {
          received.push(n)
          following.stop()
          void rig.store.follow(p, "feed", late).then(() => say(rig.store, p, "feed", "for the late one"))
        },
        broken: () => received.push(-1),
      })
      await say(rig.store, p, "feed", "one")
      await Promise.all([late.received("for the late one"), other.ear.received("for the late one")])
      expect(received).toEqual([1])
      expect(numbers(other.ear.entries)).toEqual([1, 2])
      expect(numbers(late.entries)).toEqual([2])
    }))

  test("[S9] of two followers that stop each other one hears one entry", () =>
    rig.inEach(async (p) => {
      const received: string[] = []
      const stops = new Map<string, () => void>()
      for (const [me, other] of [
        ["one", "two"],
        ["two", "one"],
      ] as const) {
        const entry = () => {
          received.push(me)
          stops.get(other)?.()
        }
        const following = await rig.store.follow(p, "feed", { entry, broken: () => received.push("broken") })
        stops.set(me, () => following.stop())
      }
      const witness = await listen(p, "feed")
      await say(rig.store, p, "feed", "shot")
      await witness.ear.received("shot")
      expect(received).toHaveLength(1)
    }))

  test("[S9] two logs followed hear what one commit says to both", () =>
    rig.inEach(async (p) => {
      const logs = ["a", "b", "a b", "b:a"]
      const followers = await Promise.all(logs.map((log) => listen(p, log)))
      for (const word of ["1", "2", "end"]) {
        await committed(rig.store, p, {
          append: logs.map((log) => ({ log, value: bytes(word), announce: true })),
        })
      }
      for (const { ear: follower } of followers) {
        await follower.received("end")
        expect(texts(follower.entries)).toEqual(["1", "2", "end"])
      }
    }))

  test("[S10] [S12] a log that is trimmed is not broken for those who follow it", () =>
    rig.inEach(async (p) => {
      const { ear: follower } = await listen(p, "feed")
      for (const k of span(1, 30)) {
        const ten = span(1, 10).map((j) => ({
          log: "feed",
          value: bytes(`${k}.${j}`),
          announce: true,
          keep: 5,
        }))
        await committed(rig.store, p, { append: ten })
      }
      await follower.received("30.10")
      expect(numbers(follower.entries)).toEqual(span(1, 300))
      expect(follower.breaks).toBe(0)
    }))
}
