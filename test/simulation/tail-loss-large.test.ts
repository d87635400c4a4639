/** [P1] [P3] The same as `tail-loss.test.ts` for a guest who brings more than one commit of a merge moves. */
import { afterAll, beforeAll, describe, test } from "vitest"
import { App } from "../../src/app/app.ts"
import { type Filled, filled } from "../app/copies.ts"
import { Died } from "../app/dying.ts"
import { anonymous, signIn } from "../app/stage.ts"
import { THOROUGH } from "../thorough.ts"
import { losing } from "./losing.ts"
import { type Cast, cast, judge, loseEveryTail, nameOf, nodeOn, PERSON, VISITOR } from "./tail-cast.ts"

const LARGE_TIMEOUT_MS = 120_000
/** So many commits a partition loses at most where a node has died, too. */
const MOST_LOST = 3
/** More conversations than one commit of a merge moves: these take three. */
const MANY = 105

/** The same scene again and again, which was played once: there is much in it. */
const first = losing()
let played: Filled<Cast> | undefined
beforeAll(async () => {
  played = await filled((store) => {
    first.attach(store)
    return cast(first, "multi", true, { more: MANY })
  }, first.clock)
}, LARGE_TIMEOUT_MS)
afterAll(() => played?.end())

async function nextCast(): Promise<Cast> {
  if (!played) throw new Error("Nothing was played before the tests.")
  const { content, copy } = played
  const world = first.fork()
  world.attach(await copy(world.clock))
  return { ...content, ...nodeOn(world, content.app.record), world, safe: [...content.safe] }
}

describe("a guest with more conversations than one commit moves", () => {
  for (const partition of [VISITOR, PERSON]) {
    test(
      `[P1] [P3] partition ${partition} loses the tail of a login, after any of its steps`,
      async () => loseEveryTail(partition, nextCast, { steps: 3 }),
      LARGE_TIMEOUT_MS,
    )

    test(
      `[P1] [P3] a node dies after any commit, then partition ${partition} loses the last one, two or three`,
      async () => {
        // Of the commits every second one, and the others for the other partition; with `THOROUGH` each for both.
        const [from, every] = THOROUGH > 1 ? [1, 1] : [1 + (partition % 2), 2]
        for (let last = from; ; last += every) {
          const scene = await nextCast()
          const { world } = scene
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
