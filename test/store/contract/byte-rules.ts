import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { bytes, committed, RecordingFollower, type Rig, span, text } from "./rig.ts"

const LONGEST_KEY = 512

/** The big list of naughty strings, as keys: each once, well-formed, and not too long. */
const naughty = (): string[] => {
  const file = new URL("../../data/naughty-strings.json", import.meta.url)
  const listed: unknown = JSON.parse(readFileSync(file, "utf8"))
  if (!Array.isArray(listed)) throw new Error("the list of naughty strings is not a list")
  const own = [
    "\0",
    "\0\0",
    "a\0",
    "a\0\0",
    "{x}",
    "{a}:{b}",
    "*",
    "a?[b]",
    "\ufeff",
    "\uffff",
    "\u{10ffff}",
    "é",
    "e\u0301",
  ]
  const fit = [...listed.map(String), ...own].filter(
    (one) => Buffer.from(one).toString() === one && Buffer.byteLength(one) <= LONGEST_KEY,
  )
  return [...new Set(fit)]
}

const everyByte = Uint8Array.from(span(0, 255))

export function bytesRules(rig: Rig): void {
  test("[S14] hostile keys stay apart and values stay what they were", () =>
    rig.inEach(async (p) => {
      const keys = naughty()
      expect(keys.length).toBeGreaterThan(400)
      for (const part of span(0, 9)) {
        const some = keys.filter((_, index) => index % 10 === part)
        await committed(rig.store, p, { put: some.map((key) => [key, bytes(`${key} of ${p}`)] as const) })
      }
      const records = await rig.store.load(p, keys)
      expect(records.map((record) => text(record.value))).toEqual(keys.map((key) => `${key} of ${p}`))
    }))

  test("[S14] hostile names of logs stay apart, in reading and in following", () =>
    rig.inEach(async (p) => {
      const logs = naughty().filter((_, index) => index % 5 === 0)
      const followers = await Promise.all(
        logs.map(async (log) => {
          const follower = new RecordingFollower(rig.deadline)
          await rig.store.follow(p, log, follower)
          return follower
        }),
      )
      await Promise.all(
        logs.map((log) => committed(rig.store, p, { append: [{ log, value: bytes(log), announce: true }] })),
      )
      for (const [index, log] of logs.entries()) {
        const [entry, ...more] = await rig.store.read(p, log, { limit: 10 })
        expect([text(entry?.value), entry?.n, more.length]).toEqual([log, 1, 0])
        const follower = followers[index]
        await follower?.received(log)
        expect(follower?.entries).toHaveLength(1)
      }
    }))

  test("[S14] hostile members and rankings stay apart, and members are ordered by their bytes", () =>
    rig.inEach(async (p) => {
      const members = naughty().filter((_, index) => index % 3 === 0)
      await committed(rig.store, p, { rank: members.map((member) => ["r\0{x}", member, 7] as const) })
      await committed(rig.store, p, {
        rank: [
          ["r\0", "{x}", 7],
          ["r", "\0{x}", 7],
        ],
      })
      const order = [...members].sort((a, b) => Buffer.compare(Buffer.from(b), Buffer.from(a)))
      const found = await rig.store.rank(p, "r\0{x}", { limit: 1_000 })
      expect(found.map((ranked) => ranked.member)).toEqual(order)
      const middle = order[100]
      if (middle === undefined) throw new Error("the list of naughty strings is too short")
      const rest = await rig.store.rank(p, "r\0{x}", { before: { member: middle, score: 7 }, limit: 1_000 })
      expect(rest.map((ranked) => ranked.member)).toEqual(order.slice(101))
      expect(await rig.store.rank(p, "r", { limit: 9 })).toEqual([{ member: "\0{x}", score: 7 }])
    }))

  test("[S14] hostile ids and answers stay apart", () =>
    rig.inEach(async (p) => {
      const ids = naughty()
        .filter((_, index) => index % 5 === 1)
        .map((one) => ({ scope: one, key: `${one}\0` }))
      await Promise.all(ids.map((id) => committed(rig.store, p, { id, answer: `${id.scope} of ${p}` })))
      const known = await rig.store.findResults(p, ids)
      expect(known.map((repeated) => repeated?.answer)).toEqual(ids.map((id) => `${id.scope} of ${p}`))
    }))

  test("[S14] a value is any bytes, none to many", () =>
    rig.inEach(async (p) => {
      const large = new Uint8Array(300_000).map((_, index) => (index * 31) & 255)
      const values = [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(255, 254), everyByte, large]
      // A view into a larger buffer must not bring its surroundings along.
      values.push(new Uint8Array(everyByte.buffer, 10, 5))
      const follower = new RecordingFollower(rig.deadline)
      await rig.store.follow(p, "pointers", follower)
      await committed(rig.store, p, {
        put: values.map((value, index) => [`k${index}`, value] as const),
        append: values.flatMap((value, index) => [
          { log: "log", value },
          { log: "pointers", value, of: 2 * index, announce: true },
        ]),
      })
      const records = await rig.store.load(
        p,
        values.map((_, index) => `k${index}`),
      )
      const entries = await rig.store.read(p, "log", { limit: 100 })
      const pointers = await rig.store.read(p, "pointers", { after: { at: 0, n: 0 }, limit: 100 })
      await follower.until("all are heard", () => follower.entries.length === values.length)
      for (const [index, value] of values.entries()) {
        const copies = [
          records[index],
          entries[index],
          pointers[index],
          pointers[index]?.of,
          follower.entries[index],
        ]
        for (const copy of [...copies, follower.entries[index]?.of]) {
          expect(Buffer.compare(copy?.value ?? bytes("nothing"), value)).toBe(0)
        }
      }
    }))

  test("[S14] what was read stays as it was, whatever is written or read later", () =>
    rig.inEach(async (p) => {
      await committed(rig.store, p, {
        put: [["k", bytes("first")]],
        append: [{ log: "log", value: bytes("first") }],
      })
      const [record] = await rig.store.load(p, ["k"])
      const [entry] = await rig.store.read(p, "log", { limit: 1 })
      for (const k of span(1, 20)) {
        const value = bytes(`other ${k}`)
        await committed(rig.store, p, { put: [["k", value]], append: [{ log: "log", value }] })
        await rig.store.load(p, ["k"])
        await rig.store.read(p, "log", { limit: 5 })
      }
      expect([text(record?.value), text(entry?.value)]).toEqual(["first", "first"])
    }))

  test("[S14] keys and members of 512 bytes are kept", () =>
    rig.inEach(async (p) => {
      const long = (end: string) => "é".repeat(LONGEST_KEY / 2 - 1) + end
      const names = [long("aa"), long("ab"), long("é")]
      for (const name of names) {
        await committed(rig.store, p, {
          id: { scope: name, key: name },
          put: [[name, bytes(name)]],
          append: [
            { log: name, value: bytes(name) },
            { log: `of ${name.slice(2)}`, value: bytes(""), of: 0 },
          ],
          rank: [
            [name, name, 1],
            ["r", name, 1],
          ],
        })
      }
      for (const name of names) {
        const [record] = await rig.store.load(p, [name])
        const [entry] = await rig.store.read(p, name, { limit: 9 })
        expect([text(record?.value), text(entry?.value)]).toEqual([name, name])
        expect(await rig.store.rank(p, name, { limit: 9 })).toEqual([{ member: name, score: 1 }])
        expect(await rig.store.findResults(p, [{ scope: name, key: name }])).not.toEqual([undefined])
        const [pointer] = await rig.store.read(p, `of ${name.slice(2)}`, { limit: 9 })
        expect(text(pointer?.of?.value)).toBe(name)
      }
      expect(await rig.store.rank(p, "r", { limit: 9 })).toHaveLength(3)
    }))

  test("[S1] [S14] a key beyond that is refused, changes nothing, and harms no commit beside it", () =>
    rig.inEach(async (p) => {
      const tooLong = "x".repeat(LONGEST_KEY + 1)
      const good = (k: number) => committed(rig.store, p, { append: [{ log: "log", value: bytes(`${k}`) }] })
      const bad = [
        {
          put: [
            ["first", bytes("1")],
            [tooLong, bytes("2")],
          ] as const,
        },
        { put: [["first", bytes("1")]] as const, append: [{ log: tooLong, value: bytes("x") }] },
        { put: [["first", bytes("1")]] as const, rank: [["r", tooLong, 1]] as const },
      ]
      const results = await Promise.allSettled([
        good(1),
        ...bad.map((change) => rig.store.commit(p, change)),
        good(2),
      ])
      expect(results.map((result) => result.status)).toEqual([
        "fulfilled",
        "rejected",
        "rejected",
        "rejected",
        "fulfilled",
      ])
      expect(await rig.store.load(p, ["first"])).toEqual([{ version: 0, value: undefined }])
      expect(await rig.store.head(p, "log")).toMatchObject({ n: 2 })
    }))
}
