/** Everything at once: merges in both directions and in rings, logins with one id, first sends, sends against merges. */
import { expect, test } from "vitest"
import type { App } from "../../src/app/app.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import { HubError } from "../../src/protocol/errors.ts"
import { type Chance, range, seeded } from "../acceptance/random.ts"
import { THOROUGH } from "../thorough.ts"
import { jittered, turns } from "./chance.ts"
import {
  expectAliases,
  expectConserved,
  expectConversations,
  expectDenseFeed,
  historyOf,
  textOf,
} from "./checks.ts"
import { fileStore } from "./file-store.ts"
import {
  anonymous,
  answer,
  externalIdOn,
  MODES,
  newApp,
  PARTITIONS,
  person,
  say,
  signIn,
  UNKNOWN,
  visitor,
} from "./stage.ts"

const opened = fileStore()

/** One seed for the file; every round has its own. */
const SEED = Number(process.env.SEED ?? 1)
const WIDTH = 25
const DEADLINE_MS = 60_000 * THOROUGH

/** So many rounds, many of them side by side; with `THOROUGH=10` some hundreds. */
async function rounds(count: number, round: (chance: Chance, k: number) => Promise<void>): Promise<void> {
  const queue = range(count * THOROUGH).values()
  const lanes = range(WIDTH).map(async () => {
    for (const k of queue) {
      const seed = SEED * 100_000 + k
      try {
        await round(seeded(seed), k)
      } catch (error) {
        throw new Error(`round ${k} of SEED=${SEED}: ${error instanceof Error ? error.stack : error}`, {
          cause: error,
        })
      }
    }
  })
  await Promise.all(lanes)
}

/** Visitors in any partitions, each with a message of their own. */
async function crowd(app: App, chance: Chance, size: number): Promise<string[]> {
  const users = range(size).map(() => visitor(chance.below(PARTITIONS)))
  await Promise.all(users.map((user) => say(app, user, `of ${user}`)))
  return users
}

/** One survivor, who is one of them and has what all of them said. */
async function expectOne(app: App, users: readonly string[]): Promise<string> {
  const survivor = (await resolveUser(app, users[0] ?? ""))?.record.id ?? ""
  expect(users).toContain(survivor)
  await expectAliases(app, users, survivor)
  expectConserved(
    await historyOf(app, survivor),
    users.map((user) => `of ${user}`),
    false,
  )
  for (const user of users) await expectDenseFeed(app, user)
  return survivor
}

const merge = (app: App, discarded: string, survivor: string) =>
  mergeUsers(app, { discardedId: discarded, survivingId: survivor, reason: "api" }, Date.now())

const jitteredApp = (mode: (typeof MODES)[number]) => newApp(jittered(opened.store, seeded(SEED)), mode)

test.each(MODES)(
  "[P3] %s: A into B while B into A, again and again: one survivor, nothing lost",
  async (mode) => {
    const app = await jitteredApp(mode)
    await rounds(24, async (chance) => {
      const [a = "", b = ""] = await crowd(app, chance, 2)
      await Promise.all([merge(app, a, b), turns(chance.below(20)).then(() => merge(app, b, a))])
      await expectOne(app, [a, b])
    })
  },
  DEADLINE_MS,
)

test.each(MODES)(
  "[P3] %s: rings of three",
  async (mode) => {
    const app = await jitteredApp(mode)
    await rounds(10, async (chance) => {
      const [a = "", b = "", c = ""] = await crowd(app, chance, 3)
      const late = (from: string, to: string) => turns(chance.below(40)).then(() => merge(app, from, to))
      await Promise.all([late(a, b), late(b, c), late(c, a)])
      await expectOne(app, [a, b, c])
    })
  },
  DEADLINE_MS,
)

test.each(MODES)(
  "[P3] %s: five people, each merged into any other, at once, twice over",
  async (mode) => {
    const app = await jitteredApp(mode)
    await rounds(6, async (chance) => {
      const users = await crowd(app, chance, 5)
      const ring = users.map((user, k) => [user, users[(k + 1) % users.length] ?? user] as const)
      const more = users.map(() => [chance.pick(users), chance.pick(users)] as const)
      const late = ([from, to]: readonly [string, string]) =>
        turns(chance.below(60)).then(() => merge(app, from, to))
      await Promise.all([...ring, ...more].map(late))
      await expectOne(app, users)
    })
  },
  DEADLINE_MS,
)

test.each(MODES)("[4.2] %s: 50 logins with one new external id at once: one user", async (mode) => {
  for (const round of range(2 * THOROUGH)) {
    const app = await jitteredApp(mode)
    const externalId = externalIdOn(round % PARTITIONS)
    const chance = seeded(SEED * 1000 + round)
    const users = round % 2 === 0 ? await crowd(app, chance, 50) : []
    const logins = await Promise.all(
      range(50).map((k) => signIn(app, users[k] === undefined ? UNKNOWN : anonymous(users[k]), externalId)),
    )
    const ids = new Set(logins.map(({ person: { record } }) => record.id))
    expect([...ids]).toHaveLength(1)
    const outcomes = logins.map(({ outcome }) => outcome)
    if (users.length > 0) {
      expect(outcomes.filter((outcome) => outcome === "upgraded")).toHaveLength(1)
      expect(outcomes.filter((outcome) => outcome === "merged")).toHaveLength(49)
      expect(ids.has(await expectOne(app, users))).toBe(true)
    } else expect(new Set(outcomes)).toEqual(new Set(["signed_in"]))
    const [survivor = ""] = ids
    const { conversations } = await historyOf(app, survivor)
    expect(conversations.length).toBe(users.length === 0 ? 0 : mode === "single" ? 1 : 50)
    await expectDenseFeed(app, survivor)
  }
})

test.each(MODES)(
  "[3.2] %s: 20 parallel first sends, each twice: one conversation, 20 messages",
  async (mode) => {
    const app = await jitteredApp(mode)
    await rounds(6, async (chance) => {
      const user = visitor(chance.below(PARTITIONS))
      const texts = range(20).map((k) => `${user} ${k}`)
      const twice = await Promise.all([...texts, ...texts].map((text) => say(app, user, text)))
      const history = await historyOf(app, user)
      expect(history.conversations).toHaveLength(1)
      expectConserved(history, texts, false)
      expect(twice.filter(({ duplicate }) => duplicate)).toHaveLength(20)
      await expectDenseFeed(app, user)
    })
  },
)

test.each(MODES)(
  "[P1] [P3] %s: sends racing merges: every acknowledged one once in the survivor, the others refused for a reason",
  async (mode) => {
    const app = await jitteredApp(mode)
    await rounds(12, async (chance, k) => {
      const identified = k % 2 === 0
      const at = chance.below(PARTITIONS)
      const survivor = identified
        ? await person(app, at, externalIdOn(chance.below(PARTITIONS), `x${k}`))
        : visitor(at)
      const guest = visitor(chance.below(PARTITIONS))
      const voice = { proven: identified }
      const first = await say(app, guest, `${guest} 0`)
      await say(app, survivor, `${survivor} 0`, voice)
      const acknowledged = [`${guest} 0`, `${survivor} 0`]
      const perhaps: string[] = []
      const later = async (text: string, send: () => ReturnType<typeof say>) => {
        await turns(chance.below(120))
        try {
          const twice = await Promise.all([send(), send()])
          expect(twice[0].message.id).toBe(twice[1].message.id)
          acknowledged.push(text)
        } catch (error) {
          if (!(error instanceof HubError) || error.code !== "session_consumed" || !identified) throw error
          perhaps.push(text)
        }
      }
      const texts = (who: string) => range(6).map((n) => `${who} ${n + 1}`)
      await Promise.all([
        ...texts(guest).map((text) =>
          later(text, () =>
            say(app, guest, text, chance.below(2) ? { conversationId: first.message.conversationId } : {}),
          ),
        ),
        ...texts(survivor).map((text) => later(text, () => say(app, survivor, text, voice))),
        ...texts("agent").map((text) =>
          later(`${text} ${k}`, () => answer(app, first.message.conversationId, `${text} ${k}`)),
        ),
        turns(chance.below(120)).then(() => merge(app, guest, survivor)),
      ])
      const history = await historyOf(app, survivor)
      // One of the two may have been stored before the other was refused.
      const stored = perhaps.filter((text) => history.messages.some((message) => textOf(message) === text))
      expectConserved(history, [...acknowledged, ...stored], false)
      await expectAliases(app, [guest], survivor)
      await expectConversations(app, [first.message.conversationId], survivor)
      for (const user of [guest, survivor]) await expectDenseFeed(app, user)
    })
  },
  DEADLINE_MS,
)
