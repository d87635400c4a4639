/**
 * [P1] [P3] One partition loses its tail at any point of a login that upgrades or merges; the next command finds every
 * message that lay safely, once, with one person, and no loop turns without end. `tail-loss-large.test.ts` has logins
 * of many commits.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { checkRecent } from "../../src/app/check-recent.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { range } from "../acceptance/random.ts"
import { historyOf, textOf } from "../app/checks.ts"
import { answer, MODES, newApp, say, signIn, UNKNOWN, visitor } from "../app/stage.ts"
import { type Losing, losing } from "./losing.ts"
import {
  type Cast,
  cast,
  judgeBy,
  loseEveryTail,
  type Meanwhile,
  nameOf,
  PARTITIONS,
  PERSON,
  VISITOR,
} from "./tail-cast.ts"

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

test("[P1] a visitor whose record was lost writes on, though the node remembers who they were and not where they wrote", async () => {
  const app = await newApp(world.store, "single", PARTITIONS)
  const guest = visitor(VISITOR)
  const name = nameOf(app, VISITOR)
  const before = world.commits(name)
  const { message } = await say(app, guest, "lost")
  await say(app, guest, "lost, too")
  await world.lose(name, before)
  app.partition(VISITOR).seen.forget({ kind: "conversation", id: message.conversationId })
  expect(await say(app, guest, "again")).toMatchObject({ duplicate: false })
  expect((await historyOf(app, guest)).messages.map(textOf)).toEqual(["again"])
})

describe.each(MODES)("%s", (mode) => {
  describe.each([true, false])("somebody known: %s", (known) => {
    for (const partition of range(PARTITIONS)) {
      test(`[P1] [P3] partition ${partition} loses the tail of a login`, async () => {
        await loseEveryTail(partition, () => cast(world, mode, known))
      })

      test(`[P1] [P3] partition ${partition} loses it, and an agent answers the visitor before anybody signs in again`, async () => {
        await loseEveryTail(partition, () => cast(world, mode, known), {
          async after({ app, conversationId, safe }) {
            await answer(app, conversationId, "an agent meanwhile")
            safe.push("an agent meanwhile")
          },
        })
      })

      test(`[P1] [P3] partition ${partition} loses it, and the visitor's session is never used again`, async () => {
        await loseEveryTail(partition, () => cast(world, mode, known), {
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

      test(`[P1] [P3] partition ${partition} loses it, and a device repeats as the person what it said as the visitor`, async () => {
        await loseEveryTail(partition, () => cast(world, mode, known), repeatedAsPerson)
      })

      test(`[P1] [P3] partition ${partition} loses it after the next sign-in has written on`, async () => {
        await loseEveryTail(partition, () => cast(world, mode, known), {
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

/** The person signs in on a socket that knows of no visitor, before anyone notices the loss. */
const repeatedAsPerson: Meanwhile = {
  async after({ app, externalId }) {
    const { person } = await signIn(app, UNKNOWN, externalId)
    await say(app, person.record.id, "2", { proven: true })
    await checkRecent(app)
    // It is told of the message that stays.
    expect(await say(app, person.record.id, "2", { proven: true })).toMatchObject({ duplicate: true })
  },
  judged: (scene) => judgeBy(scene, [UNKNOWN, UNKNOWN]),
}

describe.each(MODES)("%s, in one partition", (mode) => {
  test("[P1] [P3] a merge is lost whole, and a device repeats as the person what it said as the visitor", async () => {
    await loseEveryTail(VISITOR, () => cast(world, mode, true, { home: VISITOR }), repeatedAsPerson)
  })

  test("[P1] [P3] a merge is lost whole, and the visitor's session is never used again", async () => {
    await loseEveryTail(VISITOR, () => cast(world, mode, true, { home: VISITOR }), {
      after: ({ app }) => checkRecent(app),
      judged: (scene) => judgeBy(scene, [UNKNOWN, UNKNOWN]),
    })
  })
})

describe.each(MODES)("%s, visitor and directory in one partition", (mode) => {
  const lost = (before: (scene: Cast) => Promise<void>) =>
    loseEveryTail(VISITOR, () => cast(world, mode, false, { slot: VISITOR }), {
      async after(scene) {
        await before(scene)
        await checkRecent(scene.app)
      },
      judged: (scene) => judgeBy(scene, [UNKNOWN, UNKNOWN]),
    })

  test("[P1] [P3] an upgrade is lost whole, and the visitor's session is never used again", async () => {
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
