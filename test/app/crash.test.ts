/**
 * A process stops between any two commits of a merge or an upgrade, and the next command of any caller finishes it
 * first. The store is real; the process that stops is an exception thrown where it would have died (`kill.test.ts`
 * kills for real).
 */
import { describe, expect, test } from "vitest"
import type { App } from "../../src/app/app.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import { THOROUGH } from "../thorough.ts"
import { expectAliases, expectConserved, expectDenseFeed, historyOf } from "./checks.ts"
import { Died, dyingAfter } from "./dying.ts"
import { fileStore } from "./file-store.ts"
import { expectMerged, play, type Scene } from "./merge-scene.ts"
import { adminOf, NEXT_COMMANDS } from "./next-commands.ts"
import { anonymous, externalIdOn, MODES, newApp, person, say, signIn, UNKNOWN, visitor } from "./stage.ts"

const opened = fileStore()

async function dies(work: Promise<unknown>): Promise<void> {
  await expect(work).rejects.toBeInstanceOf(Died)
}

const expectDied = (error: unknown): void => expect(error).toBeInstanceOf(Died)

const mergeStateOf = async (app: App, id: string) =>
  (await app.homePartition(id)?.get("user", id))?.value?.mergeState?.kind

const HOW = {
  login: (app: App, scene: Scene) => signIn(app, anonymous(scene.visitor), scene.externalId),
  api: (app: App, scene: Scene) =>
    mergeUsers(app, { discardedId: scene.visitor, survivingId: scene.survivor, reason: "api" }, Date.now()),
  "api into a visitor": (app: App, scene: Scene) =>
    mergeUsers(app, { discardedId: scene.visitor, survivingId: scene.survivor, reason: "api" }, Date.now()),
} as const
const WAYS = ["login", "api", "api into a visitor"] as const
const STEPS = ["freeze", "import", "forward"] as const
// Of way, step, next command and mode each three are played together, and the fourth in turn; with `THOROUGH=2` all with all.

describe.each(MODES)("[P3] a merge in %s mode", (mode) => {
  describe.each(WAYS)("by %s", (way) => {
    const begin = async () => {
      const app = await newApp(opened.store, mode)
      return { app, scene: await play(app, way !== "api into a visitor") }
    }

    for (const [nth, step] of STEPS.entries()) {
      for (const [which, next] of NEXT_COMMANDS.entries()) {
        if (THOROUGH === 1 && (nth + which + WAYS.indexOf(way) + MODES.indexOf(mode)) % 3 > 0) continue
        test(`stopped after ${step}; then ${next.name}`, async () => {
          const { app, scene } = await begin()
          await dies(HOW[way](dyingAfter(app, step), scene))
          const owner = await next.run(app, scene)
          if (!next.elsewhere)
            expect(await mergeStateOf(app, scene.visitor), "whoever meets them finishes the merge").toBe(
              "merged",
            )
          await resolveUser(app, scene.visitor)
          await expectMerged(app, scene, owner)
        })
      }
    }

    for (const [first, second] of [
      ["freeze", "import"],
      ["freeze", "forward"],
      ["import", "forward"],
    ] as const) {
      test(`stopped after ${first}, and the caller who resumes it after ${second}`, async () => {
        const { app, scene } = await begin()
        await dies(HOW[way](dyingAfter(app, first), scene))
        await dies(resolveUser(dyingAfter(app, second), scene.visitor))
        await HOW[way](app, scene)
        await expectMerged(app, scene)
      })
    }
  })

  test("the survivor was merged on into the visitor's own partition; stopped again and again", async () => {
    const app = await newApp(opened.store, mode)
    const scene = await play(app)
    await dies(signIn(dyingAfter(app, "freeze"), anonymous(scene.visitor), scene.externalId))
    const third = await person(app, 1, externalIdOn(0, "third"))
    await mergeUsers(app, { discardedId: scene.survivor, survivingId: third, reason: "api" }, Date.now())
    for (const step of ["import", "import", "forward"] as const)
      await resolveUser(dyingAfter(app, step), scene.visitor).catch(expectDied)
    await expectMerged(app, scene, third)
  })

  test("a login that stops after every commit, tried again each time", async () => {
    const app = await newApp(opened.store, mode)
    const scene = await play(app)
    for (const step of STEPS)
      await signIn(dyingAfter(app, step), anonymous(scene.visitor), scene.externalId).catch(expectDied)
    await expectMerged(app, scene)
  })
})

describe("[P3] an upgrade whose claim is not marked yet", () => {
  /** A visitor with a history, whose directory record lies in another partition. */
  async function reserved(mode: (typeof MODES)[number]) {
    const app = await newApp(opened.store, mode)
    const externalId = externalIdOn(2)
    const userId = visitor(1)
    const { message } = await say(app, userId, "1")
    await dies(signIn(dyingAfter(app, "claim"), anonymous(userId), externalId))
    return { app, externalId, userId, conversationId: message.conversationId }
  }

  const settled = async (app: App, userId: string, said: readonly string[]) => {
    expectConserved(await historyOf(app, userId), said)
    await expectDenseFeed(app, userId)
  }

  test.each(MODES)("%s: the next login with the same token completes it, from any device", async (mode) => {
    for (const before of ["nobody", "visitor"] as const) {
      const { app, externalId, userId } = await reserved(mode)
      const { person } = await signIn(app, before === "nobody" ? UNKNOWN : anonymous(userId), externalId)
      expect(person.record).toMatchObject({ id: userId, externalId })
      await settled(app, userId, ["1"])
    }
  })

  test.each(MODES)("%s: they go on writing, and are completed later", async (mode) => {
    const { app, externalId, userId } = await reserved(mode)
    await say(app, userId, "2", { device: "tablet" })
    const { user } = await adminOf(app).findUser({ appId: app.id, externalId })
    expect(user.id).toBe(userId)
    await expect(say(app, userId, "3")).rejects.toMatchObject({ code: "session_consumed" })
    await say(app, userId, "4", { proven: true })
    await settled(app, userId, ["1", "2", "4"])
  })

  test.each(MODES)("%s: another visitor signs in with the id and is merged into them", async (mode) => {
    const { app, externalId, userId } = await reserved(mode)
    const other = visitor(3)
    await say(app, other, "2")
    const { outcome, person } = await signIn(app, anonymous(other), externalId)
    expect([outcome, person.record.id]).toEqual(["merged", userId])
    await expectAliases(app, [other, userId], userId)
    await settled(app, userId, ["1", "2"])
  })

  test.each(MODES)(
    "%s: they are merged away first; the claim is void, and nobody loses anything",
    async (mode) => {
      const { app, externalId, userId } = await reserved(mode)
      const survivor = await person(app, 0, externalIdOn(3, "survivor"))
      await dies(
        mergeUsers(
          dyingAfter(app, "freeze"),
          { discardedId: userId, survivingId: survivor, reason: "api" },
          Date.now(),
        ),
      )
      const { person: next } = await signIn(app, UNKNOWN, externalId)
      expect(next.record.externalId).toBe(externalId)
      await expectAliases(app, [userId], survivor)
      await settled(app, survivor, ["1"])
    },
  )

  test.each(MODES)("%s: they sign in as another person first; the claim is void", async (mode) => {
    const { app, externalId, userId } = await reserved(mode)
    const other = externalIdOn(3, "other")
    expect(await signIn(app, anonymous(userId), other)).toMatchObject({ outcome: "upgraded" })
    const { person: second } = await signIn(app, UNKNOWN, externalId)
    expect(second.record.id).not.toBe(userId)
    await settled(app, userId, ["1"])
    expect((await historyOf(app, second.record.id)).messages).toEqual([])
  })

  test("stopped after the claim, and again after the claim of a merge into them", async () => {
    const { app, externalId, userId } = await reserved("single")
    const other = visitor(3)
    await say(app, other, "2")
    for (const step of STEPS) {
      await signIn(dyingAfter(app, step), anonymous(other), externalId).catch(expectDied)
    }
    await expectAliases(app, [other, userId], userId)
    await settled(app, userId, ["1", "2"])
  })
})
