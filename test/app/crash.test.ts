/**
 * A process stops between any two commits of a merge or an upgrade, and the next command of any caller finishes it
 * first. The store is real; the process that stops is an exception thrown where it would have died (`kill.test.ts`
 * kills for real).
 */
import { describe, expect, test } from "vitest"
import { createAdmin } from "../../src/app/administration.ts"
import type { App } from "../../src/app/app.ts"
import { Apps } from "../../src/app/app-registry.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import type { HubError } from "../../src/protocol/errors.ts"
import { expectAliases, expectConserved, expectDenseFeed, historyOf, messagesOf } from "./checks.ts"
import { Died, dyingAfter } from "./dying.ts"
import { fileStore } from "./file-store.ts"
import { expectMerged, play, type Scene } from "./scene.ts"
import {
  anonymous,
  answer,
  externalIdOn,
  MODES,
  newApp,
  person,
  say,
  signIn,
  UNKNOWN,
  visitor,
} from "./stage.ts"

const opened = fileStore()

async function dies(work: Promise<unknown>): Promise<void> {
  await expect(work).rejects.toBeInstanceOf(Died)
}

const expectDied = (error: unknown): void => expect(error).toBeInstanceOf(Died)

const admin = () =>
  createAdmin({
    apps: new Apps(opened.store),
    now: () => Date.now(),
    partitions: 4,
    signLink: async () => "no link is made here",
  })

const mergeStateOf = async (app: App, id: string) =>
  (await app.homePartition(id)?.get("user", id))?.value?.mergeState?.kind

/** The first thing that happens afterwards. It answers who has everything then. */
interface Next {
  readonly name: string
  /** It does not look at the visitor at all. */
  readonly elsewhere?: true
  run(app: App, scene: Scene): Promise<string>
}

const NEXT: readonly Next[] = [
  {
    name: "his other device sends",
    async run(app, scene) {
      const { record } = (await resolveUser(app, scene.survivor)) ?? {}
      const sent = say(app, scene.visitor, "a4", { device: "tablet" })
      if (record?.externalId === undefined) scene.said.push("a4") && (await sent)
      else await expect(sent).rejects.toMatchObject({ code: "session_consumed" } satisfies Partial<HubError>)
      if (record?.externalId === undefined) await consumed(app, scene)
      return scene.survivor
    },
  },
  {
    name: "his other device repeats what was stored",
    async run(app, scene) {
      const { record } = (await resolveUser(app, scene.survivor)) ?? {}
      const repeat = say(app, scene.visitor, "a2")
      if (record?.externalId !== undefined) {
        await expect(repeat).rejects.toMatchObject({ code: "session_consumed" })
        return scene.survivor
      }
      const { duplicate, message } = await repeat
      expect(duplicate).toBe(true)
      const place = (await messagesOf(app, scene.survivor, message.conversationId)).at(-1)
      expect(place?.conversationId, "the surviving conversation").toBe(message.conversationId)
      return scene.survivor
    },
  },
  {
    name: "the survivor repeats what the visitor sent",
    elsewhere: true,
    async run(app, scene) {
      // Before the import they are still a user of their own, and so are the ids of their sends.
      if (!(await isImported(app, scene))) return scene.survivor
      const { duplicate, message } = await say(app, scene.survivor, "a2", { proven: true })
      if (!duplicate) throw new Error("[3.2] A repeat is known under the name it was sent in.")
      const [first] = await messagesOf(app, scene.survivor, message.conversationId)
      expect(first?.conversationId, "the surviving conversation").toBe(message.conversationId)
      return scene.survivor
    },
  },
  {
    name: "a login with the same token",
    async run(app, scene) {
      const { record } = (await resolveUser(app, scene.survivor)) ?? {}
      const { person } = await signIn(app, anonymous(scene.visitor), record?.externalId ?? scene.externalId)
      if (record?.externalId === undefined) return absorbed(app, scene, person.record.id)
      return person.record.id
    },
  },
  {
    name: "the operator fetches the user",
    async run(app, scene) {
      const { user } = await admin().getUser({ appId: app.id, userId: scene.visitor })
      expect(user.id).toBe(scene.survivor)
      return user.id
    },
  },
  {
    name: "the operator fetches his conversation",
    async run(app, scene) {
      const conversationId = scene.conversations[2] ?? ""
      await admin().getConversation({ appId: app.id, conversationId })
      const { messages } = await admin().listMessages({ appId: app.id, conversationId })
      expect(messages.length).toBeGreaterThan(0)
      return scene.survivor
    },
  },
  {
    name: "an agent answers him",
    async run(app, scene) {
      await answer(app, scene.conversations[2] ?? "", "for a, again")
      scene.said.push("for a, again")
      scene.unread += 1
      return scene.survivor
    },
  },
  {
    name: "the survivor writes where the visitor wrote",
    elsewhere: true,
    async run(app, scene) {
      // Before the import the conversation is not theirs, and they cannot know of it.
      if (!(await isImported(app, scene))) return scene.survivor
      const conversationId = scene.conversations[2] ?? ""
      await say(app, scene.survivor, "x4", { proven: true, conversationId })
      scene.said.push("x4")
      scene.unread -= app.settings.conversationMode === "single" ? 2 : 1
      return scene.survivor
    },
  },
  {
    name: "he is merged again",
    async run(app, scene) {
      await mergeUsers(
        app,
        { discardedId: scene.visitor, survivingId: scene.survivor, reason: "api" },
        Date.now(),
      )
      return scene.survivor
    },
  },
  {
    name: "the survivor is merged into a third one, of the visitor's partition",
    elsewhere: true,
    async run(app, scene) {
      const third = await person(app, 1, externalIdOn(0, "third"))
      await mergeUsers(app, { discardedId: scene.survivor, survivingId: third, reason: "api" }, Date.now())
      return third
    },
  },
  {
    name: "the survivor is merged into a third one, of another partition",
    elsewhere: true,
    async run(app, scene) {
      const third = await person(app, 0, externalIdOn(0, "third"))
      await mergeUsers(app, { discardedId: scene.survivor, survivingId: third, reason: "api" }, Date.now())
      return third
    },
  },
  {
    name: "the survivor is merged into the visitor",
    async run(app, scene) {
      await mergeUsers(
        app,
        { discardedId: scene.survivor, survivingId: scene.visitor, reason: "api" },
        Date.now(),
      )
      return scene.survivor
    },
  },
]

const isImported = async (app: App, scene: Scene): Promise<boolean> =>
  (await app.homePartition(scene.survivor)?.get("imported", scene.visitor))?.value !== undefined

/** What a device of a visitor without a name wrote to another such. */
async function consumed(app: App, scene: Scene): Promise<void> {
  const history = await historyOf(app, scene.survivor)
  scene.unread = history.conversations.reduce((sum, { unreadCount }) => sum + unreadCount, 0)
}

/** Merged into a visitor by API, then signed in as a new user: the login finds a session that is consumed. */
async function absorbed(app: App, scene: Scene, userId: string): Promise<string> {
  expect((await historyOf(app, userId)).messages).toEqual([])
  return scene.survivor
}

const HOW = {
  login: (app: App, scene: Scene) => signIn(app, anonymous(scene.visitor), scene.externalId),
  api: (app: App, scene: Scene) =>
    mergeUsers(app, { discardedId: scene.visitor, survivingId: scene.survivor, reason: "api" }, Date.now()),
  "api into a visitor": (app: App, scene: Scene) =>
    mergeUsers(app, { discardedId: scene.visitor, survivingId: scene.survivor, reason: "api" }, Date.now()),
} as const
const WAYS = ["login", "api", "api into a visitor"] as const
const STEPS = ["freeze", "import", "forward"] as const

describe.each(MODES)("[P3] a merge in %s mode", (mode) => {
  describe.each(WAYS)("by %s", (way) => {
    const begin = async () => {
      const app = await newApp(opened.store, mode)
      return { app, scene: await play(app, way !== "api into a visitor") }
    }

    for (const step of STEPS) {
      for (const next of NEXT) {
        test(`stopped after ${step}; then ${next.name}`, async () => {
          const { app, scene } = await begin()
          await dies(HOW[way](dyingAfter(app, step), scene))
          const owner = await next.run(app, scene)
          if (!next.elsewhere)
            expect(await mergeStateOf(app, scene.visitor), "whoever meets him finishes the merge").toBe(
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
      test(`stopped after ${first}, and whoever goes on after ${second}`, async () => {
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

  test.each(MODES)("%s: he goes on writing, and is completed later", async (mode) => {
    const { app, externalId, userId } = await reserved(mode)
    await say(app, userId, "2", { device: "tablet" })
    const { user } = await admin().findUser({ appId: app.id, externalId })
    expect(user.id).toBe(userId)
    await expect(say(app, userId, "3")).rejects.toMatchObject({ code: "session_consumed" })
    await say(app, userId, "4", { proven: true })
    await settled(app, userId, ["1", "2", "4"])
  })

  test.each(MODES)("%s: another visitor signs in with the id and is merged into him", async (mode) => {
    const { app, externalId, userId } = await reserved(mode)
    const other = visitor(3)
    await say(app, other, "2")
    const { outcome, person } = await signIn(app, anonymous(other), externalId)
    expect([outcome, person.record.id]).toEqual(["merged", userId])
    await expectAliases(app, [other, userId], userId)
    await settled(app, userId, ["1", "2"])
  })

  test.each(MODES)(
    "%s: he is merged away first; the claim is void, and nobody loses anything",
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

  test.each(MODES)("%s: he signs in as somebody else first; the claim is void", async (mode) => {
    const { app, externalId, userId } = await reserved(mode)
    const other = externalIdOn(3, "other")
    expect(await signIn(app, anonymous(userId), other)).toMatchObject({ outcome: "upgraded" })
    const { person: second } = await signIn(app, UNKNOWN, externalId)
    expect(second.record.id).not.toBe(userId)
    await settled(app, userId, ["1"])
    expect((await historyOf(app, second.record.id)).messages).toEqual([])
  })

  test("stopped after the claim, and again after the claim of a merge into him", async () => {
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
