/** [P3] A crowd signs in as one person at the same moment: on one node no merge is lost to another one. */
import { expect, test } from "vitest"
import { App } from "../../src/app/app.ts"
import { Apps } from "../../src/app/app-registry.ts"
import { ticketOfMember } from "../../src/domain/ticket.ts"
import type { Contention } from "../../src/repository/transact.ts"
import type { Store } from "../../src/store/contract.ts"
import { range } from "../acceptance/random.ts"
import { THOROUGH } from "../thorough.ts"
import { expectConserved, expectOwnWords, historyOf } from "./checks.ts"
import { counting } from "./counting.ts"
import { fileStore } from "./file-store.ts"
import { anonymous, externalIdOn, newApp, open, person, say, signIn, visitor } from "./stage.ts"

const CROWD = 50

const opened = fileStore()

test.each([
  [1, true],
  [1, false],
  [4, true],
  [4, false],
])("[P3] %i partitions, somebody known: %s", async (partitions, known) => {
  const conflicts: string[] = []
  const noting: Contention = {
    conflict: (what) => void conflicts.push(what),
    exhausted: (what) => void conflicts.push(`${what} given up`),
    away: () => undefined,
    unshowable: () => undefined,
  }
  const plain = await newApp(opened.store, "single", partitions)
  const app = await new Apps(opened.store, noting).get(plain.id)
  const externalId = externalIdOn(0, "somebody", partitions)
  if (known) await say(app, await person(app, 0, externalId), "first", { proven: true })
  const guests = range(CROWD).map((k) => visitor(k % partitions))
  await Promise.all(guests.map((guest) => say(app, guest, `of ${guest}`)))
  conflicts.length = 0
  const logins = await Promise.all(guests.map((guest) => signIn(app, anonymous(guest), externalId)))
  const persons = new Set(logins.map(({ person }) => person.record.id))
  expect(persons.size).toBe(1)
  const said = guests.map((guest) => `of ${guest}`)
  expectConserved(await historyOf(app, [...persons][0] ?? ""), known ? ["first", ...said] : said, false)
  expect(conflicts.filter((what) => what.startsWith("user:merge"))).toEqual([])
})

/** Far from the store each wait counts, and a merge of its own for each of them would be hundreds. */
test.each([1, 4])(
  "[P3] %i partitions: those who wait for their turn are merged in one commit",
  async (partitions) => {
    const plain = await newApp(opened.store, "single", partitions)
    const counted = counting(opened.store)
    const commits: string[] = []
    const store: Store = {
      ...counted.store,
      commit(partition, change) {
        commits.push(partition)
        return counted.store.commit(partition, change)
      },
    }
    const app = await new Apps(store).get(plain.id)
    const externalId = externalIdOn(0, "somebody", partitions)
    const survivor = await person(plain, 0, externalId)
    await say(plain, survivor, "first", { proven: true })
    // Nobody in the survivor's own partition, where there are several.
    const guests = range(CROWD).map((k) => visitor(partitions === 1 ? 0 : 1 + (k % (partitions - 1))))
    await Promise.all(guests.map((guest) => say(plain, guest, `of ${guest}`)))
    counted.take()
    commits.length = 0
    await Promise.all(guests.map((guest) => signIn(app, anonymous(guest), externalId)))
    const { calls } = counted.take()
    const imports = commits.filter((partition) => partition.endsWith(":0")).length
    console.log(
      `${partitions} partitions: ${calls} calls, ${commits.length} commits, ${imports} at the survivor's`,
    )
    // One alone, the others in twos; and the histories that became many are compacted.
    expect(imports).toBeLessThanOrEqual(8)
    // Each of the others is frozen and forwarded where they are.
    expect(commits.length - imports).toBe(partitions === 1 ? 0 : 2 * CROWD)
    expect(calls / CROWD).toBeLessThanOrEqual(partitions === 1 ? 16 : 30)
    expectConserved(
      await historyOf(app, survivor, 100),
      ["first", ...guests.map((guest) => `of ${guest}`)],
      false,
    )
  },
)

test("[P3] in multi mode, and more than a hundred tickets", async () => {
  const app = await newApp(opened.store, "multi", 1)
  const externalId = externalIdOn(0, "somebody", 1)
  const survivor = await person(app, 0, externalId)
  for (const k of range(110)) {
    const conversationId = await open(app, survivor, { proven: true })
    await say(app, survivor, `own ${k}`, { proven: true, conversationId })
  }
  await app.background.idle()
  const guests = range(CROWD).map(() => visitor(0))
  await Promise.all(guests.map((guest) => say(app, guest, `of ${guest}`)))
  await Promise.all(guests.map((guest) => signIn(app, anonymous(guest), externalId)))
  await app.background.idle()
  const active = await app.partition(0).rank("active", survivor, { limit: 1_000 })
  const badged = await app.partition(0).rank("badged", survivor, { limit: 1_000 })
  expect(active).toHaveLength(110 + CROWD)
  const first = active.slice(0, 100).map(({ member }) => ticketOfMember(member))
  expect(new Set(badged.map(({ member }) => member))).toEqual(new Set(first))
  expect((await app.partition(0).get("user", survivor)).value?.activeTickets).toBe(110 + CROWD)
})

/** Everything it is asked fails once so many commits were made: the process is dead. */
function dyingAfter(store: Store, commits: number): Store {
  let left = commits
  const alive =
    <Args extends readonly unknown[], T>(call: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      if (left <= 0) throw new Error("dead")
      return call(...args)
    }
  return {
    ...store,
    load: alive(store.load),
    read: alive(store.read),
    head: alive(store.head),
    rank: alive(store.rank),
    commit: alive(async (partition, change) => {
      const done = await store.commit(partition, change)
      left -= 1
      if (left <= 0) throw new Error("dead")
      return done
    }),
  }
}

/** Every second commit; with `THOROUGH` each. */
const DEATHS = range(14).filter((k) => THOROUGH > 1 || k % 2 === 0)

test.each(DEATHS.map((k) => k + 1))(
  "[P3] the node of a crowd dies after its commit %i: whoever comes next finishes it",
  async (commits) => {
    const app = await newApp(opened.store, "single", 2)
    const externalId = externalIdOn(0, "somebody", 2)
    const survivor = await person(app, 0, externalId)
    await say(app, survivor, "first", { proven: true })
    const guests = range(6).map((k) => visitor(k % 2))
    await Promise.all(guests.map((guest) => say(app, guest, `of ${guest}`)))
    const dying = new App(dyingAfter(opened.store, commits), app.record)
    const logins = await Promise.allSettled(
      guests.map((guest) => signIn(dying, anonymous(guest), externalId)),
    )
    if (commits <= 7) expect(logins.some(({ status }) => status === "rejected")).toBe(true)
    for (const guest of guests) await signIn(app, anonymous(guest), externalId)
    const history = await historyOf(app, survivor, 100)
    expectConserved(history, ["first", ...guests.map((guest) => `of ${guest}`)], false)
    await expectOwnWords(app, history, survivor)
  },
)
