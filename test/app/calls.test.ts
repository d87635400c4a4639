/** What a command asks the store for: nothing twice. The figures are printed; the bounds are what they were when written. */
import { describe, expect, test } from "vitest"
import { endUser } from "../../src/app/actor.ts"
import { updateTicket } from "../../src/app/agents/agent-tickets.ts"
import { App } from "../../src/app/app.ts"
import { login as decideLogin } from "../../src/app/login.ts"
import { sendMessage } from "../../src/app/send-message.ts"
import { snapshot } from "../../src/app/snapshot.ts"
import type { UserRecord } from "../../src/domain/records.ts"
import type { State } from "../../src/protocol/handshake.ts"
import type { Store } from "../../src/store/contract.ts"
import { toldFromTheBeginning } from "./desk.ts"
import { distant } from "./distant-store.ts"
import { fileStore } from "./file-store.ts"
import {
  anonymous,
  answer,
  counting,
  externalIdOn,
  login,
  newApp,
  person,
  proofOf,
  say,
  visitor,
} from "./stage.ts"

// What comes within half a second is a stream: with a clock of its own it is one on a slow machine, too.
const opened = fileStore(counting())
/** As many histories as are folded in before they are compacted. */
const GUESTS = 7

/** Every call by name, with what it asks for. */
function listening(store: Store): { store: Store; calls: string[] } {
  const calls: string[] = []
  return {
    calls,
    store: {
      ...store,
      load(partition, keys) {
        calls.push(`load ${keys.map((key) => key.replace(/:.*/, "")).join(" ")}`)
        return store.load(partition, keys)
      },
      read(partition, log, range) {
        calls.push(`read ${log.replace(/:.*/, "")}`)
        return store.read(partition, log, range)
      },
      head(partition, log) {
        calls.push(`head ${log.replace(/:.*/, "")}`)
        return store.head(partition, log)
      },
      rank(partition, ranking, page) {
        calls.push(`rank ${ranking.replace(/:.*/, "")}`)
        return store.rank(partition, ranking, page)
      },
      rankTogether(partition, rankings, page) {
        calls.push(`rank ${rankings.map((ranking) => ranking.replace(/:.*/, "")).join(" ")}`)
        return store.rankTogether(partition, rankings, page)
      },
      size(partition, ranking) {
        calls.push(`size ${ranking.replace(/:.*/, "")}`)
        return store.size(partition, ranking)
      },
      findResults(partition, ids) {
        calls.push("findResults")
        return store.findResults(partition, ids)
      },
      commit(partition, change) {
        calls.push("commit")
        return store.commit(partition, change)
      },
    },
  }
}

/** On one partition, as apps are by default, and on several, where no two users share one. */
describe.each([1, 4])("over %i partitions", (partitions) => {
  const on = (partition: number): number => partition % partitions

  async function scene() {
    const plain = await newApp(opened.store, "single", partitions)
    const far = distant(opened.store)
    const { store, calls } = listening(far.store)
    const app = new App(store, plain.record)
    const measure = async (what: string, work: () => Promise<unknown>): Promise<readonly string[]> => {
      calls.length = 0
      far.rounds()
      await work()
      waits = far.rounds()
      const said = `${calls.length} calls in ${waits} waits: ${calls.join(", ")}`
      console.log(`${partitions} partitions, ${what}: ${said}`)
      return [...calls]
    }
    let waits = 0
    const externalId = externalIdOn(on(3), "somebody", partitions)
    const userId = await person(plain, on(2), externalId)
    const { message } = await say(plain, userId, "first", { proven: true })
    const waited = () => waits
    return { plain, app, measure, waited, externalId, userId, conversationId: message.conversationId }
  }

  test("a plain send asks once and commits once", async () => {
    const { app, measure, externalId, userId, conversationId } = await scene()
    const actor = endUser(app, { userId, externalId, deviceId: "phone", channel: "web" }, Date.now())
    const command = { localId: "2", conversationId, content: { type: "text", text: "second" } } as const
    const calls = await measure("a send", () => sendMessage(app, actor, command, Date.now()))
    expect(calls).toEqual(["load u c", "commit"])
  })

  test("the next send begins with the records the node saw last, and only commits", async () => {
    const { app, measure, userId, conversationId } = await scene()
    await say(app, userId, "second", { proven: true, conversationId })
    const calls = await measure("the next send", () =>
      say(app, userId, "third", { proven: true, conversationId }),
    )
    expect(calls).toEqual(["commit"])
  })

  test("records that another node changed meanwhile cost one conflict, and no decision rests on them", async () => {
    const { app, measure, userId, conversationId } = await scene()
    await say(app, userId, "second", { proven: true, conversationId })
    const elsewhere = new App(opened.store, app.record)
    await answer(elsewhere, conversationId, "on another node")
    const calls = await measure("a send on old records", () =>
      say(app, userId, "third", { proven: true, conversationId }),
    )
    expect(calls).toEqual(["commit", "commit"])
  })

  test("a stale cached record refuses no send", async () => {
    const { app, measure, userId, conversationId } = await scene()
    await say(app, userId, "second", { proven: true, conversationId })
    const calls = await measure("a refused send", () =>
      say(app, userId, "third", { conversationId }).catch((error: unknown) => error),
    )
    expect(calls).toEqual(["load u c"])
  })

  test("an agent's send loads its conversation once", async () => {
    const { app, measure, conversationId } = await scene()
    const calls = await measure("an agent's send", () => answer(app, conversationId, "second"))
    expect(calls).toEqual(["load c", "load u", "commit"])
  })

  test("a login that refreshes a profile loads twice at most", async () => {
    const { app, measure, externalId, userId } = await scene()
    const presenter = { kind: "identified", userId, externalId } as const
    const calls = await measure("a refreshing login", () =>
      login(app, presenter, proofOf(externalId), Date.now()),
    )
    expect(calls).toEqual(partitions === 1 ? ["load x u"] : ["load u", "load x"])
    const email = { email: "some@body.example", emailVerified: true }
    await login(app, presenter, proofOf(externalId, email), Date.now())
    const verified = await measure("one with a verified email", () =>
      login(app, presenter, proofOf(externalId, email), Date.now()),
    )
    expect(verified.every((call) => call.startsWith("load"))).toBe(true)
    expect(verified.length).toBeLessThanOrEqual(3)
  })

  test("a login that merges asks for everything once", async () => {
    const { plain, app, measure, waited, externalId, userId } = await scene()
    const guest = visitor(on(1))
    await say(plain, guest, "as a visitor")
    let survivor: UserRecord | undefined
    const calls = await measure("a merging login", async () => {
      survivor = (await login(app, anonymous(guest), proofOf(externalId), Date.now())).person.record
    })
    // Who the visitor is and who holds the external id, then the holder; what both have, and the ends of both logs, for what
    // is unread. Over partitions there are three commits: what the import was rehearsed on holds for it, for the freeze
    // expects it, and what a commit wrote is not read again.
    expect(calls.length).toBeLessThanOrEqual(partitions === 1 ? 9 : 12)
    expect(waited()).toBeLessThanOrEqual(partitions === 1 ? 4 : 6)
    expect(survivor).toEqual((await app.partition(on(2)).get("user", userId)).value)
  })

  test("a device whose node has seen its visitor and the person it signs in as waits for little more than the commits", async () => {
    const { plain, app, measure, waited, externalId, userId } = await scene()
    const [first, second] = [visitor(on(1)), visitor(on(3))]
    await say(plain, first, "as a visitor")
    await login(app, anonymous(first), proofOf(externalId), Date.now())
    await say(app, second, "as another one")
    const partition = app.partition(on(2))
    await measure("a merging login and its state", async () => {
      const decided = await decideLogin(app, anonymous(second), proofOf(externalId), Date.now())
      const room = { head: await plain.partition(on(2)).feedHead(userId) }
      await snapshot(app, partition, userId, { known: decided.person.record, room })
      await decided.forwarded
    })
    // The directory and the visitor with what they have; the person with theirs and what both wrote last; the commits,
    // and the state beside the last of them.
    expect(waited()).toBeLessThanOrEqual(partitions === 1 ? 4 : 5)
  })

  test("a stream of unread messages makes no further wait: what the merge has counted holds for the state", async () => {
    const { plain, app, measure, waited, externalId, userId } = await scene()
    const partition = app.partition(on(2))
    const stream = async (name: string) => {
      for (let k = 0; k < 60; k += 1) await say(app, userId, `${name} ${k}`, { proven: true })
    }
    const signIn = async (guest: string) => {
      const decided = await decideLogin(app, anonymous(guest), proofOf(externalId), Date.now())
      const room = { head: await plain.partition(on(2)).feedHead(userId) }
      await snapshot(app, partition, userId, { known: decided.person.record, room })
      await decided.forwarded
    }
    for (const [turn, guest] of [visitor(on(1)), visitor(on(3)), visitor(on(1))].entries()) {
      await stream(`before ${turn}`)
      await say(app, guest, `as visitor ${turn}`)
      await measure(`a merging login after ${(turn + 1) * 60} unread messages`, () => signIn(guest))
    }
    expect(waited()).toBeLessThanOrEqual(partitions === 1 ? 4 : 5)
  })

  test("what agents have not read of a long stream is counted once, and no further than is shown", async () => {
    const { plain, app, measure, waited, externalId, userId } = await scene()
    for (let from = 0; from < 3_000; from += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, k) => say(plain, userId, `streamed ${from + k}`, { proven: true })),
      )
    const guest = visitor(on(1))
    await say(app, guest, "as a visitor")
    for (let k = 0; k < 12; k += 1) await say(app, userId, `at last ${k}`, { proven: true })
    await measure("a merging login on a node that has counted nothing", async () => {
      const decided = await decideLogin(app, anonymous(guest), proofOf(externalId), Date.now())
      const room = { head: await plain.partition(on(2)).feedHead(userId) }
      await snapshot(app, app.partition(on(2)), userId, { known: decided.person.record, room })
      await decided.forwarded
    })
    expect(waited()).toBeLessThanOrEqual(partitions === 1 ? 5 : 6)
  })

  test("a state is read once where one message of a stream came meanwhile", async () => {
    const { app, measure, userId } = await scene()
    const partition = app.partition(on(2))
    const stateSince = async (event: string) => {
      const head = await partition.feedHead(userId)
      await say(app, userId, event, { proven: true })
      const calls = await measure("a state", () => snapshot(app, partition, userId, { room: { head } }))
      return calls.filter((call) => call === "rank cu").length
    }
    expect(await stateSince("alone")).toBe(2)
    for (let k = 0; k < 12; k += 1) await say(app, userId, `streamed ${k}`, { proven: true })
    expect(await stateSince("in a stream")).toBe(1)
  })

  test("a login that merges reads again what it wrote where the answers to its commits were lost", async () => {
    const { plain, externalId, userId } = await scene()
    const guest = visitor(on(1))
    await say(plain, guest, "as a visitor")
    const forgetful: Store = {
      ...opened.store,
      async commit(partition, change) {
        const done = await opened.store.commit(partition, change)
        return done.kind === "committed" ? { kind: "committed", at: done.at, n: done.n } : done
      },
    }
    const app = new App(forgetful, plain.record)
    const { outcome, person: survivor } = await login(app, anonymous(guest), proofOf(externalId), Date.now())
    expect(outcome).toBe("merged")
    expect(survivor.record).toEqual((await app.partition(on(2)).get("user", userId)).value)
  })

  test("the state after it reads many folded histories side by side", async () => {
    const { plain, app, measure, waited, externalId, userId } = await scene()
    for (let k = 0; k < GUESTS; k += 1) {
      const guest = visitor(on(k))
      await say(plain, guest, `as visitor ${k}`)
      await login(plain, anonymous(guest), proofOf(externalId), Date.now())
    }
    const partition = app.partition(on(2))
    const known = (await partition.get("user", userId)).value
    const received = { head: await partition.feedHead(userId) }
    const shown: State["conversations"] = []
    const calls = await measure("a state", async () => {
      const { situation } = await snapshot(app, partition, userId, { known, room: received })
      shown.push(...(situation.conversations ?? []))
    })
    expect(shown.map(({ messages }) => messages?.length)).toEqual([GUESTS + 1])
    expect(calls.slice(0, 3)).toEqual(["rank cu", "load u c r", "read m"])
    // What is unread, for either side, and what is shown is looked for in each folded log; it is read once.
    expect(calls.length).toBeLessThanOrEqual(4 + GUESTS)
    expect(waited()).toBeLessThanOrEqual(3)
  })

  test("an agent's change of a ticket", async () => {
    const { plain, app, measure } = await scene()
    const ticketId = (await toldFromTheBeginning(plain)).flatMap((event) =>
      event.type === "ticket:create" ? [event.data.ticketId] : [],
    )[0]
    const calls = await measure("a ticket's update", () =>
      updateTicket(app, { ticketId: ticketId ?? "", status: "pending" }, Date.now()),
    )
    expect(calls.length).toBeLessThanOrEqual(6)
  })
})
