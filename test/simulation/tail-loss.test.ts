/**
 * [P1] [P3] One partition loses its tail at any point of a login that upgrades or merges; the next command finds every
 * message that lay safely, once, with one person, and no loop turns without end.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { App } from "../../src/app/app.ts"
import { checkRecent } from "../../src/app/check-recent.ts"
import { holderOf } from "../../src/app/directory.ts"
import type { Presenter } from "../../src/app/login.ts"
import { isStillAnonymous } from "../../src/app/logout.ts"
import type { UserRecord } from "../../src/domain/records.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { times } from "../app/chance.ts"
import { expectConversations, historyOf, textOf } from "../app/checks.ts"
import { Died } from "../app/dying.ts"
import {
  anonymous,
  answer,
  externalIdOn,
  MODES,
  newApp,
  open,
  person,
  say,
  signIn,
  UNKNOWN,
  visitor,
} from "../app/stage.ts"
import { type Losing, losing } from "./losing.ts"

/** Visitor, person and directory each lie in a partition of their own. */
const PARTITIONS = 3
const [VISITOR, PERSON, DIRECTORY] = [0, 1, 2]
/** A healthy commit is tried once; a loop that spins is found by its calls. */
const MAX_CONFLICTS = 20
const LARGE_TIMEOUT_MS = 120_000

let world: Losing
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "trib-losing-"))
  world = losing()
  world.attach(await openLmdb({ dir, clock: world.clock }))
})
afterAll(async () => {
  await world.store.close()
  await rm(dir, { recursive: true, force: true })
})

interface Cast {
  readonly app: App
  readonly externalId: string
  readonly guest: string
  readonly conversationId: string
  /** Acknowledged before anything was lost, on partitions that keep it. */
  readonly safe: string[]
  readonly conflicts: string[]
}

/** So many commits a partition loses at most where a node has died, too. */
const MOST_LOST = 3
/** More conversations than one commit of a merge moves: these take three. */
const MANY = 105

type Mode = (typeof MODES)[number]
async function cast(mode: Mode, known: boolean, more = 0, home = PERSON, slot = DIRECTORY): Promise<Cast> {
  const plain = await newApp(world.store, mode, PARTITIONS)
  const conflicts: string[] = []
  const app = new App(world.store, plain.record, {
    conflict: (what) => void conflicts.push(what),
    exhausted: (what) => void conflicts.push(`${what} given up`),
    away: () => undefined,
    unshowable: () => undefined,
  })
  const externalId = externalIdOn(slot ?? 0, "somebody", PARTITIONS)
  const safe: string[] = []
  if (known) {
    const survivor = await person(app, home ?? 0, externalId)
    await say(app, survivor, "old", { proven: true })
    safe.push("old")
  }
  const guest = visitor(VISITOR ?? 0)
  const { message } = await say(app, guest, "1")
  await say(app, guest, "2")
  await answer(app, message.conversationId, "3")
  safe.push("1", "2", "3")
  for (const k of times(more)) {
    await say(app, guest, `room ${k}`, { conversationId: await open(app, guest) })
    safe.push(`room ${k}`)
  }
  return { app, externalId, guest, conversationId: message.conversationId, safe, conflicts }
}

const nameOf = (app: App, partition: number): string => `${app.id}:${partition}`

/** Everybody who may come by, one after another; each finds the same person, with everything that was safe. */
async function judge(scene: Cast): Promise<void> {
  const consumed = !(await isStillAnonymous(scene.app, scene.guest))
  await judgeBy(scene, [consumed ? UNKNOWN : anonymous(scene.guest), UNKNOWN])
}

async function judgeBy(
  { app, externalId, conversationId, safe, conflicts }: Cast,
  presenters: readonly Presenter[],
): Promise<void> {
  conflicts.length = 0
  const ids: string[] = []
  for (const presenter of presenters) {
    const { person } = await signIn(app, presenter, externalId)
    ids.push(person.record.id)
    const text = `again ${ids.length}`
    await say(app, person.record.id, text, { proven: true })
    safe.push(text)
    const texts = (await historyOf(app, person.record.id)).messages.map(textOf)
    for (const one of safe)
      expect(
        texts.filter((two) => two === one),
        `"${one}" of ${texts}`,
      ).toHaveLength(1)
  }
  expect(new Set(ids).size, "one person").toBe(1)
  expect((await holderOf(app, externalId, Date.now()))?.record.id).toBe(ids[0])
  await expectConversations(app, [conversationId], ids[0] ?? "")
  await answer(app, conversationId, "an agent goes on")
  expect(conflicts.length, conflicts.join(", ")).toBeLessThan(MAX_CONFLICTS)
}

test("[P1] a visitor whose record was lost writes on, though the node remembers who they were and not where they wrote", async () => {
  const app = await newApp(world.store, "single", PARTITIONS)
  const guest = visitor(VISITOR ?? 0)
  const name = nameOf(app, VISITOR ?? 0)
  const before = world.commits(name)
  const { message } = await say(app, guest, "lost")
  await say(app, guest, "lost, too")
  await world.lose(name, before)
  app.partition(VISITOR ?? 0).seen.forget({ kind: "conversation", id: message.conversationId })
  expect(await say(app, guest, "again")).toMatchObject({ duplicate: false })
  expect((await historyOf(app, guest)).messages.map(textOf)).toEqual(["again"])
})

interface Meanwhile {
  /** After the login, before its tail is lost. */
  readonly before?: (scene: Cast, person: { readonly record: UserRecord }) => Promise<void>
  /** After the loss, before the next sign-in. */
  readonly after?: (scene: Cast) => Promise<void>
  readonly judged?: (scene: Cast) => Promise<void>
  /** So many commits the login makes in the partition at least. */
  readonly steps?: number
}

/** One login for each number of its commits that the partition may lose at its end. */
async function loseEveryTail(
  partition: number,
  make: () => Promise<Cast>,
  { before, after, judged = judge, steps = 0 }: Meanwhile = {},
): Promise<void> {
  for (let lost = 1; ; lost += 1) {
    const scene = await make()
    const name = nameOf(scene.app, partition)
    const first = world.commits(name)
    const { person } = await signIn(scene.app, anonymous(scene.guest), scene.externalId)
    const made = world.commits(name) - first
    expect(made, "steps").toBeGreaterThanOrEqual(steps)
    if (lost > made) break
    await before?.(scene, person)
    await world.lose(name, first + made - lost)
    try {
      await after?.(scene)
      await judged(scene)
    } catch (error) {
      throw new Error(`lost ${lost} of ${made}: ${error instanceof Error ? error.stack : error}`)
    }
  }
}

describe.each(MODES)("%s", (mode) => {
  describe.each([true, false])("somebody known: %s", (known) => {
    for (const partition of times(PARTITIONS)) {
      test(`[P1] [P3] partition ${partition} loses the tail of a login`, async () => {
        await loseEveryTail(partition, () => cast(mode, known))
      })

      test(`[P1] [P3] partition ${partition} loses it, and an agent answers the visitor before anybody signs in again`, async () => {
        await loseEveryTail(partition, () => cast(mode, known), {
          async after({ app, conversationId, safe }) {
            await answer(app, conversationId, "an agent meanwhile")
            safe.push("an agent meanwhile")
          },
        })
      })

      test(`[P1] [P3] partition ${partition} loses it, and nobody ever comes by as the visitor again`, async () => {
        await loseEveryTail(partition, () => cast(mode, known), {
          async after({ app, conversationId, safe }) {
            // Who knows the visitor's conversation are the agents alone, and they may write before the loss is noticed.
            if (partition === VISITOR) {
              await answer(app, conversationId, "an agent at once")
              safe.push("an agent at once")
            }
            await checkRecent(app)
          },
          judged: (scene) => judgeBy(scene, [UNKNOWN, UNKNOWN]),
        })
      })

      test(`[P1] [P3] partition ${partition} loses it after the next sign-in has written on`, async () => {
        await loseEveryTail(partition, () => cast(mode, known), {
          async before({ app, guest, safe }, { record }) {
            await say(app, record.id, "afterwards", { proven: true })
            const kept = record.id === guest ? VISITOR : PERSON
            if (kept !== partition) safe.push("afterwards")
          },
        })
      })
    }
  })
})

describe.each(MODES)("%s, in one partition", (mode) => {
  test("[P1] [P3] a merge is lost whole, and nobody ever comes by as the visitor again", async () => {
    await loseEveryTail(VISITOR ?? 0, () => cast(mode, true, 0, VISITOR), {
      after: ({ app }) => checkRecent(app),
      judged: (scene) => judgeBy(scene, [UNKNOWN, UNKNOWN]),
    })
  })
})

describe.each(MODES)("%s, visitor and directory in one partition", (mode) => {
  const lost = (before: (scene: Cast) => Promise<void>) =>
    loseEveryTail(VISITOR ?? 0, () => cast(mode, false, 0, PERSON, VISITOR), {
      async after(scene) {
        await before(scene)
        await checkRecent(scene.app)
      },
      judged: (scene) => judgeBy(scene, [UNKNOWN, UNKNOWN]),
    })

  test("[P1] [P3] an upgrade is lost whole, and nobody ever comes by as the visitor again", async () => {
    await lost(async () => undefined)
  })

  test("[P1] [P3] it is lost, and the person has begun anew on another device before that is noticed", async () => {
    await lost(async ({ app, externalId, safe }) => {
      const { person } = await signIn(app, UNKNOWN, externalId)
      await say(app, person.record.id, "meanwhile", { proven: true })
      safe.push("meanwhile")
    })
  })
})

describe("a guest with more conversations than one commit moves", () => {
  for (const partition of [VISITOR ?? 0, PERSON ?? 0]) {
    test(
      `[P1] [P3] partition ${partition} loses the tail of a login, after any of its steps`,
      () => loseEveryTail(partition, () => cast("multi", true, MANY), { steps: 3 }),
      LARGE_TIMEOUT_MS,
    )

    test(
      `[P1] [P3] a node dies after any commit, then partition ${partition} loses the last one, two or three`,
      async () => {
        for (let last = 1; ; last += 1) {
          const scene = await cast("multi", true, MANY)
          const name = nameOf(scene.app, partition)
          const before = world.commits(name)
          let made = 0
          const dying = new App(
            {
              ...world.store,
              async commit(partition, change) {
                if (made >= last) throw new Died(`after ${last}`)
                const done = await world.store.commit(partition, change)
                if (done.kind === "committed") made += 1
                return done
              },
            },
            scene.app.record,
          )
          const ended = await signIn(dying, anonymous(scene.guest), scene.externalId).then(
            () => true,
            (error: unknown) => {
              if (!(error instanceof Died)) throw error
              return false
            },
          )
          const after = world.commits(name)
          await world.lose(name, Math.max(before, after - 1 - (last % MOST_LOST)))
          await judge(scene).catch((error: unknown) => {
            throw new Error(`died after ${last}: ${error instanceof Error ? error.stack : error}`)
          })
          if (ended) break
        }
      },
      LARGE_TIMEOUT_MS,
    )
  }
})
