/** [P3] A crowd signs in as one person at the same moment: on one node no merge is lost to another one. */
import { afterAll, beforeAll, expect, test } from "vitest"
import { Apps } from "../../src/app/app-registry.ts"
import type { Contention } from "../../src/repository/transact.ts"
import { times } from "./chance.ts"
import { expectConserved, historyOf } from "./checks.ts"
import { anonymous, externalIdOn, newApp, person, say, signIn, temporaryStore, visitor } from "./stage.ts"

const CROWD = 50

let opened: Awaited<ReturnType<typeof temporaryStore>>
beforeAll(async () => {
  opened = await temporaryStore()
})
afterAll(() => opened.close())

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
  const guests = times(CROWD).map((k) => visitor(k % partitions))
  await Promise.all(guests.map((guest) => say(app, guest, `of ${guest}`)))
  conflicts.length = 0
  const logins = await Promise.all(guests.map((guest) => signIn(app, anonymous(guest), externalId)))
  const persons = new Set(logins.map(({ person }) => person.record.id))
  expect(persons.size).toBe(1)
  const said = guests.map((guest) => `of ${guest}`)
  expectConserved(await historyOf(app, [...persons][0] ?? ""), known ? ["first", ...said] : said, false)
  expect(conflicts.filter((what) => what.startsWith("user:merge"))).toEqual([])
})
