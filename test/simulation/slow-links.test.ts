/**
 * [P3] Nobody waits for a busy log, however far away the store is: a steady stream into a conversation, and a login that
 * merges into it, over links that have a length. The time is virtual, so what is bounded is what the journeys cost and
 * nothing else.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { updateTicket } from "../../src/app/agents/agent-tickets.ts"
import { App } from "../../src/app/app.ts"
import { UNOBSERVED } from "../../src/repository/transact.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { range } from "../acceptance/random.ts"
import { expectConserved, historyOf } from "../app/checks.ts"
import { allTold } from "../app/desk.ts"
import { anonymous, answer, externalIdOn, newApp, person, say, signIn, visitor } from "../app/stage.ts"
import { THOROUGH } from "../thorough.ts"
import { VirtualTime } from "./virtual-time.ts"

/** Five milliseconds away, at 200 messages a second: what a login may take there, in journeys. */
const BOUND_JOURNEYS = 40
const SHORTEST_BOUND_MS = 200
/** Where it tries nothing in vain. */
const STREAM_JOURNEYS = 10
const GUESTS = 3
/** Since when a steady stream is known to be one. */
const STREAM_BEGINS_MS = 600
const TEST_DEADLINE_MS = 60_000

interface Link {
  readonly partitions: number
  /** There and back. */
  readonly journey: number
  readonly perSecond: number
}

const PARTITIONS = [1, 4]
/** Nobody tries in vain here: that it is a stream is seen by the first look. */
const EVERY_STREAM: readonly Link[] = PARTITIONS.flatMap((partitions) =>
  [1, 5, 10].flatMap((journey) => [50, 200].map((perSecond) => ({ partitions, journey, perSecond }))),
)
/** Each distance and each rate over one number of partitions, and the one that is bounded over both; with `THOROUGH` all. */
const STREAMS = EVERY_STREAM.filter(
  ({ partitions, journey, perSecond }, nth) =>
    THOROUGH > 1 ||
    (nth + PARTITIONS.indexOf(partitions) + [1, 5, 10].indexOf(journey)) % 2 === 0 ||
    (journey === 5 && perSecond === 200),
)
/** Too slow for a stream, and faster than a merge that is so far away: somebody always comes between look and commit. */
const TRICKLES: readonly Link[] = PARTITIONS.map((partitions) => ({ partitions, journey: 60, perSecond: 16 }))

async function scene({ partitions, journey }: Link, time: VirtualTime) {
  const dir = await mkdtemp(join(tmpdir(), "trib-far-"))
  const store = await openLmdb({ dir, clock: time.now })
  onTestFinished(async () => {
    await store.close()
    await rm(dir, { recursive: true, force: true })
  })
  const near = time.distant(store, 0)
  const app = await newApp(near, "single", partitions)
  const conflicts: string[] = []
  const far = new App(time.distant(store, journey / 2), app.record, {
    ...UNOBSERVED,
    conflict: (what) => void conflicts.push(what),
  })
  const externalId = externalIdOn(0, "somebody", partitions)
  const survivor = await person(app, 0, externalId)
  const { message } = await say(app, survivor, "first", { proven: true })
  return { app, far, externalId, survivor, conflicts, conversationId: message.conversationId }
}

type Scene = Awaited<ReturnType<typeof scene>>

/** Somebody near the store answers evenly, all the while. */
async function during(
  { app, conversationId }: Scene,
  { perSecond }: Link,
  time: VirtualTime,
  work: () => Promise<void>,
): Promise<string[]> {
  const said: string[] = []
  const sent: Promise<unknown>[] = []
  let over = false
  const stream = async (): Promise<void> => {
    while (!over) {
      const text = `agent ${said.length}`
      said.push(text)
      sent.push(answer(app, conversationId, text))
      await time.sleep(1_000 / perSecond)
    }
  }
  const streaming = stream()
  await time.sleep(STREAM_BEGINS_MS)
  await work().finally(() => {
    over = true
  })
  await streaming
  await Promise.all(sent)
  return said
}

async function took(time: VirtualTime, work: () => Promise<unknown>): Promise<number> {
  const began = time.now()
  await work()
  return time.now() - began
}

describe.each([...STREAMS, ...TRICKLES])(
  "$partitions partitions, $journey ms there and back, $perSecond messages a second",
  (link) => {
    const bound = Math.max(SHORTEST_BOUND_MS, BOUND_JOURNEYS * link.journey)
    test(
      "[P3] a login that merges is done in time, and every message is there once",
      async () => {
        const time = new VirtualTime()
        await time.run(async () => {
          const stage = await scene(link, time)
          const { app, far, externalId, survivor, conflicts } = stage
          const guests = range(GUESTS).map(() => visitor(1 % link.partitions))
          const waits: number[] = []
          const said = await during(stage, link, time, async () => {
            for (const guest of guests) {
              await say(app, guest, `of ${guest}`)
              waits.push(await took(time, () => signIn(far, anonymous(guest), externalId)))
            }
          })
          const streams = STREAMS.includes(link)
          const most = streams ? STREAM_JOURNEYS * link.journey : bound
          expect(Math.max(...waits), `logins took ${waits.join(", ")} ms`).toBeLessThanOrEqual(most)
          const inVain = conflicts.filter((what) => what.startsWith("user:merge"))
          if (streams) expect(inVain, "tries in vain").toEqual([])
          const history = await historyOf(app, survivor, 100)
          expectConserved(history, ["first", ...said, ...guests.map((guest) => `of ${guest}`)], false)
        })
      },
      TEST_DEADLINE_MS,
    )

    test(
      "a ticket of the conversation is changed in time",
      async () => {
        const time = new VirtualTime()
        await time.run(async () => {
          const stage = await scene(link, time)
          const created = (await allTold(stage.app)).flat()
          const ids = created.flatMap(({ type, data }) => (type === "ticket:create" ? [data.ticketId] : []))
          const ticketId = ids[0] ?? ""
          await during(stage, link, time, async () => {
            for (const status of ["pending", "solved", "open"] as const) {
              const change = () => updateTicket(stage.far, { ticketId, status }, Date.now())
              expect(await took(time, change)).toBeLessThanOrEqual(bound / 2)
            }
          })
        })
      },
      TEST_DEADLINE_MS,
    )
  },
)
