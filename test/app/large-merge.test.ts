/**
 * [P3] [P4] A user with more conversations than one commit moves: the merge goes in steps, any of which may be the last thing
 * a node does. At every moment each conversation is one user's, and whoever comes by goes on.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { App } from "../../src/app/app.ts"
import { allConversations, resolveConversation } from "../../src/app/conversation-lookup.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import { eventsAfter } from "../../src/app/user-feed.ts"
import type { Change, Store } from "../../src/store/contract.ts"
import { range } from "../acceptance/random.ts"
import { THOROUGH } from "../thorough.ts"
import { expectDenseFeed, historyOf, textOf } from "./checks.ts"
import { type Filled, filled } from "./copies.ts"
import { Died } from "./dying.ts"
import { answer, externalIdOn, MODES, newApp, open, person, say, ticking, visitor } from "./stage.ts"

const MANY = 120
/** Of one commit: what a script or a transaction does before anybody else has their turn. */
const MAX_PUTS = 35
const TEST_TIMEOUT_MS = 60_000

/** @param seen is told every commit that was made; what it throws is the end of the node */
function watched(store: Store, seen: (change: Change) => void): Store {
  return {
    ...store,
    async commit(partition, change) {
      const done = await store.commit(partition, change)
      if (done.kind === "committed") seen(change)
      return done
    },
  }
}

/** The survivor lives in partition 0, the guest in the last one. */
async function scene(store: Store, partitions: number) {
  // Somebody can own many conversations in single mode, too: the setting was changed since.
  const multi = await newApp(store, "multi", partitions)
  const survivor = await person(multi, 0, externalIdOn(0, "somebody", partitions))
  await say(multi, survivor, "own", { proven: true })
  const guest = visitor(partitions - 1)
  const rooms: string[] = []
  for (const k of range(MANY)) {
    const conversationId = await open(multi, guest)
    await say(multi, guest, `guest ${k}`, { conversationId })
    rooms.push(conversationId)
  }
  await answer(multi, rooms[0] ?? "", "for the guest")
  const { record } = multi
  const app = (store: Store, conversationMode: (typeof MODES)[number]) =>
    new App(store, { ...record, settings: { ...record.settings, conversationMode } })
  const merge = (on: App) =>
    mergeUsers(on, { discardedId: guest, survivingId: survivor, reason: "api" }, Date.now())
  return { app, survivor, guest, rooms, merge }
}

type Scene = Awaited<ReturnType<typeof scene>>

async function expectWhole(app: App, { survivor, guest, rooms }: Scene, mode: string): Promise<void> {
  expect((await resolveUser(app, guest))?.record.id).toBe(survivor)
  for (const id of rooms) expect((await resolveConversation(app, id))?.record.userId).toBe(survivor)
  const partition = app.partition(0)
  const owned = await allConversations(partition, survivor)
  expect(owned).toHaveLength(mode === "multi" ? MANY + 1 : 1)
  if (app.homePartition(guest) === partition) expect(await partition.size("conversations", guest)).toBe(0)
  const user = (await partition.get("user", survivor)).value
  expect(user?.activeTickets).toBe(mode === "multi" ? MANY + 1 : 1)
  const texts = (await historyOf(app, survivor)).messages.map(textOf).sort()
  const said = ["own", "for the guest", ...range(MANY).map((k) => `guest ${k}`)]
  expect(texts).toEqual(said.sort())
  await expectDenseFeed(app, survivor)
  await expectDenseFeed(app, guest)
}

describe.each([1, 2])("%i partitions", (partitions) => {
  let played: Filled<Scene> | undefined
  const begun = (): Filled<Scene> => {
    if (!played) throw new Error("Nothing was played before the tests.")
    return played
  }
  beforeAll(async () => {
    played = await filled((store) => scene(store, partitions), ticking())
  }, TEST_TIMEOUT_MS)
  afterAll(() => played?.end())

  describe.each(MODES)("%s mode", (mode) => {
    test(
      "[P3] no commit moves more than a bounded number, and the last one tells that there is more than it names",
      async () => {
        const { content: played, copy } = begun()
        const puts: number[] = []
        const app = played.app(
          watched(await copy(), ({ put = [] }) => void puts.push(put.length)),
          mode,
        )
        expect(await played.merge(app)).toBe(true)
        expect(puts.length).toBeGreaterThanOrEqual(3)
        expect(Math.max(...puts)).toBeLessThan(MAX_PUTS)
        await expectWhole(app, played, mode)
        const received = await eventsAfter(app, app.partition(0), played.survivor, `${played.survivor}~0~0~`)
        const merges =
          received?.events.flatMap((event) => (event.type === "user:merge" ? [event.data] : [])) ?? []
        expect(merges.map(({ more }) => more)).toEqual([true])
      },
      TEST_TIMEOUT_MS,
    )

    test(
      "[P3] [P4] a node dies after any of its commits; in between nothing has two owners, and the next one ends it",
      async () => {
        const { content: played, copy } = begun()
        // Of the commits every second one, and the others in the other mode; with `THOROUGH` each in both.
        const [first, every] = THOROUGH > 1 ? [1, 1] : [1 + ((MODES.indexOf(mode) + partitions) % 2), 2]
        for (let last = first; ; last += every) {
          const store = await copy()
          let made = 0
          const dying = played.app(
            watched(store, () => {
              made += 1
              if (made === last) throw new Died(`after ${last}`)
            }),
            mode,
          )
          const ended = await played.merge(dying).then(
            () => true,
            (error: unknown) => {
              if (!(error instanceof Died)) throw error
              return false
            },
          )
          const app = played.app(store, mode)
          const [partition] = app.partitions
          if (!partition) throw new Error("An app has a partition.")
          const places = await Promise.all(played.rooms.map((id) => resolveConversation(app, id)))
          const owners = places.map((place) => place?.record.userId ?? "nobody")
          expect([played.guest, played.survivor]).toEqual(expect.arrayContaining([...new Set(owners)]))
          // Whoever it is, it stands in their list alone; what went to another partition is kept where it was.
          for (const user of partitions === 1 ? [played.guest, played.survivor] : []) {
            const list = await partition.rank("conversations", user, { limit: 1_000 })
            const listed = new Set(list.map(({ member }) => member))
            for (const [at, place] of places.entries())
              if (listed.has(place?.record.id ?? "") !== (owners[at] === user))
                throw new Error(`${place?.record.id} is listed wrongly for ${user}`)
          }
          // An agent who writes to the guest comes by.
          await answer(app, played.rooms.at(-1) ?? "", `after ${last}`)
          await resolveUser(app, played.guest)
          await played.merge(app)
          const history = (await historyOf(app, played.survivor, 50)).messages.map(textOf)
          expect(history.filter((text) => text === `after ${last}`)).toHaveLength(1)
          expect(history.filter((text) => text.startsWith("guest "))).toHaveLength(MANY)
          expect((await resolveUser(app, played.guest))?.record.id).toBe(played.survivor)
          if (ended) break
        }
      },
      TEST_TIMEOUT_MS,
    )
  })
})
