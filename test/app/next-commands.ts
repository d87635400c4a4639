/** What the next caller does after a process stopped within a merge, and who has everything then. */
import { expect } from "vitest"
import { createAdmin } from "../../src/app/admin/administration.ts"
import type { App } from "../../src/app/app.ts"
import { Apps } from "../../src/app/app-registry.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import type { HubError } from "../../src/protocol/errors.ts"
import { historyOf, messagesOf } from "./checks.ts"
import type { Scene } from "./merge-scene.ts"
import { anonymous, answer, externalIdOn, person, say, signIn } from "./stage.ts"

export const adminOf = (app: App) =>
  createAdmin({
    apps: new Apps(app.store),
    now: () => Date.now(),
    partitions: 4,
    signLink: async () => "no link is made here",
  })

/** The first thing that happens afterwards. It answers who has everything then. */
export interface NextCommand {
  readonly name: string
  /** It does not look at the visitor at all. */
  readonly elsewhere?: true
  run(app: App, scene: Scene): Promise<string>
}

/** @param partition where the third one is */
const intoThird = (name: string, partition: number): NextCommand => ({
  name,
  elsewhere: true,
  async run(app, scene) {
    const third = await person(app, partition, externalIdOn(0, "third"))
    await mergeUsers(app, { discardedId: scene.survivor, survivingId: third, reason: "api" }, Date.now())
    return third
  },
})

export const NEXT_COMMANDS: readonly NextCommand[] = [
  {
    name: "their other device sends",
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
    name: "their other device repeats what was stored",
    async run(app, scene) {
      const { record } = (await resolveUser(app, scene.survivor)) ?? {}
      const repeat = say(app, scene.visitor, "a2")
      if (record?.externalId !== undefined) {
        await expect(repeat).rejects.toMatchObject({ code: "session_consumed" })
        return scene.survivor
      }
      const { duplicate, message } = await repeat
      expect(duplicate).toBe(true)
      const last = (await messagesOf(app, scene.survivor, message.conversationId)).at(-1)
      expect(last?.conversationId, "the surviving conversation").toBe(message.conversationId)
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
      const { user } = await adminOf(app).getUser({ appId: app.id, userId: scene.visitor })
      expect(user.id).toBe(scene.survivor)
      return user.id
    },
  },
  {
    name: "the operator fetches their conversation",
    async run(app, scene) {
      const conversationId = scene.conversations[2] ?? ""
      await adminOf(app).getConversation({ appId: app.id, conversationId })
      const { messages } = await adminOf(app).listMessages({ appId: app.id, conversationId })
      expect(messages.length).toBeGreaterThan(0)
      return scene.survivor
    },
  },
  {
    name: "an agent answers them",
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
    name: "they are merged again",
    async run(app, scene) {
      await mergeUsers(
        app,
        { discardedId: scene.visitor, survivingId: scene.survivor, reason: "api" },
        Date.now(),
      )
      return scene.survivor
    },
  },
  intoThird("the survivor is merged into a third one, of the visitor's partition", 1),
  intoThird("the survivor is merged into a third one, of another partition", 0),
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
