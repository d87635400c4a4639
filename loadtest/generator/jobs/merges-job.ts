/** A login storm: visitors with histories sign in as people who have another device and a history of their own. */
import { type Counts, Histogram } from "../../check/histogram.ts"
import { textOf } from "../../check/key.ts"
import { CLEAN, sum, type Verdict } from "../../check/verdict.ts"
import type { Client } from "../../wire/namespace-socket.ts"
import { each } from "../connect-many.ts"
import { ask, field, HubPeople, list, writeMany } from "../hub-people.ts"
import type { Address } from "../job.ts"
import { historyVerdict, readHistory } from "../read-history.ts"

export interface MergesParams {
  readonly address: Address
  readonly run: string
  readonly merges: number
  /** Messages of each visitor. */
  readonly history: number
  /** Messages that each person wrote before. */
  readonly own: number
  readonly characters: number
  readonly atOnce: number
}

export interface Merged {
  readonly merges: number
  readonly seconds: number
  /** From the `login` to its answer, and to `user:merge` on the person's other device. */
  readonly answers: Counts
  readonly notified: Counts
  readonly verdict: Verdict
}

export type MergesJob = {
  /** All merges, some at a time. */
  merge(): Promise<Merged>
  /** Reads every history and looks whether all is there. */
  check(): Promise<Verdict>
}

interface Pair {
  readonly externalId: string
  readonly visitor: Client
  readonly person: Client
  /** When the person's other device was notified of the merge. */
  notifiedAt: number
}

/** Rooms of keys: the visitor's messages and the person's are kept apart. */
const visitorRoom = (index: number): number => 2 * index
const personRoom = (index: number): number => 2 * index + 1
const NOTIFIED_MS = 15_000
const MERGE = Buffer.from('"user:merge"')

export async function merges(given: unknown): Promise<MergesJob> {
  // The boundary: the bench and this file are of one version.
  const params = given as MergesParams
  const people = new HubPeople(params.address)
  const pairs = await each(params.merges, (index) => prepare(params, people, index), 8)

  return {
    async merge() {
      const answers = new Histogram()
      const notified = new Histogram()
      let refused = 0
      let lost = 0
      const began = performance.now()
      await each(
        pairs.length,
        async (index) => {
          const pair = pairs[index]
          if (!pair) return
          const at = performance.now()
          const answer = await pair.visitor.emit("login", { jwt: people.token(pair.externalId) })
          answers.record(performance.now() - at)
          if (field(answer, "result", "outcome") !== "merged") refused += 1
          while (pair.notifiedAt === 0 && performance.now() - at < NOTIFIED_MS)
            await new Promise((resolve) => setTimeout(resolve, 1))
          if (pair.notifiedAt === 0) lost += 1
          else notified.record(pair.notifiedAt - at)
        },
        params.atOnce,
      )
      const seconds = (performance.now() - began) / 1000
      return {
        merges: pairs.length,
        seconds,
        answers: answers.counts(),
        notified: notified.counts(),
        verdict: { ...CLEAN, lost, refused },
      }
    },

    check: async () => sum(await each(pairs.length, (index) => checkOne(params, people, index), 4)),
  }
}

async function prepare(
  { run, history, own, characters }: MergesParams,
  people: HubPeople,
  index: number,
): Promise<Pair> {
  const externalId = `merged-${run}-${index}`
  const pair = { externalId, notifiedAt: 0 }
  const [person] = await people.person(externalId, personRoom(index), {
    event: (bytes, from, to) => {
      const at = bytes.indexOf(MERGE, from)
      if (at !== -1 && at < to) whole.notifiedAt = performance.now()
    },
  })
  const [visitor] = await people.visitor(visitorRoom(index))
  const whole: Pair = { ...pair, person, visitor }
  const write = (client: Client, room: number, count: number): Promise<void> =>
    writeMany(client, count, (n) => textOf({ run, room, sender: 0, n }, characters))
  await write(person, personRoom(index), own)
  await write(visitor, visitorRoom(index), history)
  return whole
}

/** A fresh device of the person reads everything. */
async function checkOne(
  { run, history, own }: MergesParams,
  people: HubPeople,
  index: number,
): Promise<Verdict> {
  const [device, ready] = await people.person(`merged-${run}-${index}`, visitorRoom(index))
  const conversations = list(field(ready, "conversations"))
  const verdicts: Verdict[] = []
  const rooms = new Map([
    [visitorRoom(index), history],
    [personRoom(index), own],
  ])
  if (conversations.length !== 1) verdicts.push({ ...CLEAN, lost: history })
  for (const conversation of conversations) {
    const found = await readHistory(device, String(field(conversation, "id")))
    verdicts.push(historyVerdict(found, { run, rooms }))
  }
  // The old id goes on working, whatever became of it.
  await ask(device, "conversation:list", {})
  device.destroy()
  return sum(verdicts)
}
