/**
 * A steady stream into a conversation blocks no other change: merges, tickets, read markers and joins get through, far
 * from Redis too. What is bounded is how often a decision is lost to the stream; the times are printed, for they are
 * the machine's.
 */
import { setTimeout as delay } from "node:timers/promises"
import { afterAll, beforeAll, expect, test } from "vitest"
import { updateTicket } from "../../src/app/agents/agent-tickets.ts"
import type { App } from "../../src/app/app.ts"
import { Apps } from "../../src/app/app-registry.ts"
import { resolveConversation } from "../../src/app/conversation-lookup.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { MAX_SEGMENTS } from "../../src/domain/compaction.ts"
import type { Contention } from "../../src/repository/transact.ts"
import type { Store } from "../../src/store/contract.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { range } from "../acceptance/random.ts"
import { type FaultProxy, startFaultProxy } from "../store/fault-proxy.ts"
import { type RedisServer, startRedis } from "../store/redis-server.ts"
import { expectConserved, historyOf, unreadOf } from "./checks.ts"
import { allTold } from "./desk.ts"
import {
  anonymous,
  answer,
  externalIdOn,
  MODES,
  newApp,
  person,
  read,
  say,
  signIn,
  visitor,
} from "./stage.ts"

const DISTANCE_MS = 5
const PER_SECOND = 200
const MAX_CONFLICTS = 3
const TEST_DEADLINE_MS = 60_000

let redis: RedisServer
let proxy: FaultProxy
let near: Store
let far: Store
beforeAll(async () => {
  redis = await startRedis()
  proxy = await startFaultProxy(redis.port)
  proxy.late = DISTANCE_MS
  near = await openRedis({ url: redis.url })
  far = await openRedis({ url: `redis://127.0.0.1:${proxy.port}` })
})
afterAll(async () => {
  await far.close()
  await near.close()
  await proxy.close()
  await redis.stop()
})

/** A user writes evenly, on a node of their own, until told to stop. Answers with what was acknowledged. */
function stream(write: (k: number) => Promise<unknown>): { stop(): Promise<number> } {
  let running = true
  let acknowledged = 0
  const sent: Promise<unknown>[] = []
  const work = (async () => {
    const began = performance.now()
    for (let k = 0; running; k += 1) {
      sent.push(
        write(k).then(() => {
          acknowledged += 1
        }),
      )
      const due = began + ((k + 1) * 1000) / PER_SECOND
      await delay(Math.max(0, due - performance.now()))
    }
  })()
  return {
    async stop() {
      running = false
      await work
      await Promise.all(sent)
      return acknowledged
    },
  }
}

let conflicts: string[] = []
const noting: Contention = {
  conflict: (what) => void conflicts.push(what),
  exhausted: (what) => void conflicts.push(`${what} given up`),
  away: () => undefined,
  unshowable: () => undefined,
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  conflicts = []
  const began = performance.now()
  const result = await work()
  const took = performance.now() - began
  // What is told again later, in the background, delays no command.
  const lost = conflicts.filter((change) => !change.startsWith("conversation:"))
  console.log(`${what}: ${Math.round(took)} ms, lost to the stream: ${lost.join(", ") || "nothing"}`)
  expect(lost.length, lost.join(", ")).toBeLessThanOrEqual(MAX_CONFLICTS)
  return result
}

/** The stream ends with the work, however that ends. */
async function during<T>(write: (k: number) => Promise<unknown>, work: () => Promise<T>): Promise<number> {
  const writing = stream(write)
  try {
    await work()
  } finally {
    await writing.stop()
  }
  return writing.stop()
}

interface Busy {
  readonly app: App
  readonly farApp: App
  readonly externalId: string
  readonly survivor: string
  readonly conversationId: string
}

async function busy(mode: (typeof MODES)[number], partitions: number): Promise<Busy> {
  const app = await newApp(near, mode, partitions)
  const farApp = await new Apps(far, noting).get(app.id)
  const externalId = externalIdOn(0, "somebody", partitions)
  const survivor = await person(app, 0, externalId)
  const { message } = await say(app, survivor, "first", { proven: true })
  return { app, farApp, externalId, survivor, conversationId: message.conversationId }
}

test.each([1, 4])(
  "[P3] a login that merges into a busy conversation, %i partitions",
  async (partitions) => {
    const { app, farApp, externalId, survivor, conversationId } = await busy("single", partitions)
    const texts: string[] = []
    // More of them than a history has segments before it is compacted.
    const guests = range(14).map(() => visitor(1 % partitions))
    const write = (k: number) => {
      texts.push(`agent ${k}`)
      return answer(app, conversationId, `agent ${k}`)
    }
    await during(write, async () => {
      for (const guest of guests) {
        await say(app, guest, `of ${guest}`)
        await timed("a merging login", () => signIn(farApp, anonymous(guest), externalId))
      }
      await farApp.compactions.get(survivor)
    })
    const { record } = (await resolveConversation(app, conversationId)) ?? {}
    expect(record?.segments.length, "compacted under the stream").toBeLessThanOrEqual(MAX_SEGMENTS)
    const history = await historyOf(app, survivor, 100)
    expectConserved(history, ["first", ...texts, ...guests.map((guest) => `of ${guest}`)], false)
  },
  TEST_DEADLINE_MS,
)

test(
  "a ticket and read markers of a busy conversation",
  async () => {
    const { app, farApp, survivor, conversationId } = await busy("single", 1)
    const received = (await allTold(app)).flat()
    const ticketId =
      received.flatMap((event) => (event.type === "ticket:create" ? [event.data.ticketId] : []))[0] ?? ""
    const now = () => `${Date.now().toString(16).padStart(12, "0")}zzzzzzzz000000`
    await during(
      (k) => answer(app, conversationId, `agent ${k}`),
      async () => {
        for (const status of ["pending", "solved", "open"] as const)
          await timed(`a ticket set to ${status}`, () =>
            updateTicket(farApp, { ticketId, status }, Date.now()),
          )
        for (const _ of range(3))
          await timed("a read marker", () => read(farApp, survivor, conversationId, now(), { proven: true }))
      },
    )
    const history = await historyOf(app, survivor, 100)
    expect(unreadOf(history)).toBeLessThan(history.messages.length)
  },
  TEST_DEADLINE_MS,
)

test.each(MODES)(
  "[P3] %s: a merge of somebody who is written to all the while",
  async (mode) => {
    const { app, farApp, survivor } = await busy(mode, 1)
    const guest = visitor(0)
    const { message } = await say(app, guest, "hello")
    const count = await during(
      (k) => answer(app, message.conversationId, `to the guest ${k}`),
      () =>
        timed("a merge by the operator", () =>
          mergeUsers(farApp, { discardedId: guest, survivingId: survivor, reason: "api" }, Date.now()),
        ),
    )
    const history = await historyOf(app, survivor, 100)
    expect(history.messages).toHaveLength(count + 2)
    expect(unreadOf(history)).toBe(count)
  },
  TEST_DEADLINE_MS,
)
