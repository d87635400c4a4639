/** A person with a very long history of very many parts: visited often, signed in each time. Reads it all. */
import { type Counts, Histogram } from "../../check/histogram.ts"
import { textOf } from "../../check/key.ts"
import type { Verdict } from "../../check/verdict.ts"
import { each } from "../connect-many.ts"
import { ask, field, HubPeople, list, writeMany } from "../hub-people.ts"
import type { Address } from "../job.ts"
import { historyVerdict, readHistory } from "../read-history.ts"

export interface PagingParams {
  readonly address: Address
  readonly run: string
  readonly characters: number
}

export interface FoldOrder {
  readonly folds: number
  /** Messages of each visit. */
  readonly messages: number
}

export interface Read {
  readonly verdict: Verdict
  readonly pages: number
  readonly messages: number
  readonly seconds: number
  /** Of each page, from the latest to the first. */
  readonly waits: Counts
  readonly latest: Counts
  readonly middle: Counts
  readonly sends: Counts
}

export type PagingJob = {
  /** So many visits more; answers with the login of each. */
  fold(order: unknown): Promise<Counts>
  read(): Promise<Read>
  /** So many messages of the person, some at a time. */
  sends(count: unknown): Promise<void>
}

const OWN_ROOM = 0
const REPEATS = 50
const AT_ONCE = 8

export async function paging(given: unknown): Promise<PagingJob> {
  // The boundary: the bench and this file are of one version.
  const { address, run, characters } = given as PagingParams
  const people = new HubPeople(address)
  const externalId = `reader-${run}`
  const [person, ready] = await people.person(externalId, 0)
  const text = (room: number, n: number): string => textOf({ run, room, sender: 0, n }, characters)
  await writeMany(person, 1, (n) => text(OWN_ROOM, n))
  const rooms = new Map<number, number>([[OWN_ROOM, 1]])
  let visits = 0
  if (list(field(ready, "conversations")).length > 0) throw new Error("The reader was here before.")

  /** One message more, and how long it took. */
  const send = async (): Promise<number> => {
    const n = rooms.get(OWN_ROOM) ?? 0
    rooms.set(OWN_ROOM, n + 1)
    const at = performance.now()
    await ask(person, "message:send", {
      localId: `own-${n}`,
      content: { type: "text", text: text(OWN_ROOM, n) },
    })
    return performance.now() - at
  }

  return {
    async fold(order) {
      // The boundary, as above.
      const { folds, messages } = order as FoldOrder
      const waits = new Histogram()
      for (let fold = 0; fold < folds; fold++) {
        const room = ++visits
        const [visitor] = await people.visitor(room)
        await writeMany(visitor, messages, (n) => text(room, n))
        const at = performance.now()
        const login = await ask(visitor, "login", { jwt: people.token(externalId) })
        waits.record(performance.now() - at)
        if (field(login, "outcome") !== "merged")
          throw new Error(`No merge: ${JSON.stringify(login).slice(0, 200)}`)
        visitor.destroy()
        rooms.set(room, messages)
      }
      return waits.counts()
    },

    async sends(count) {
      await each(Number(count), send, AT_ONCE)
    },

    async read() {
      const [device, state] = await people.person(externalId, 1)
      const conversationId = String(field(state, "conversations", 0, "id"))
      const sends = new Histogram()
      for (let count = 0; count < REPEATS; count++) sends.record(await send())

      const began = performance.now()
      const history = await readHistory(device, conversationId)
      const seconds = (performance.now() - began) / 1000
      const verdict = historyVerdict(history, { run, rooms })
      const waits = new Histogram()
      for (const { ms } of history.pages) waits.record(ms)

      const repeat = async (bounds: object): Promise<Counts> => {
        const histogram = new Histogram()
        for (let count = 0; count < REPEATS; count++) {
          const at = performance.now()
          await ask(device, "message:list", { conversationId, limit: 50, ...bounds })
          histogram.record(performance.now() - at)
        }
        return histogram.counts()
      }
      const middle = history.positions[Math.floor(history.positions.length / 2)] ?? ""
      const result = {
        verdict,
        pages: history.pages.length,
        messages: history.texts.length,
        seconds,
        waits: waits.counts(),
        latest: await repeat({}),
        middle: await repeat({ before: middle }),
        sends: sends.counts(),
      }
      device.destroy()
      return result
    },
  }
}
