/**
 * Two people about to become one, in different partitions: a visitor who had been two users before, with an answer
 * they have not read, and a user who has merged before and has an answer waiting too. What they said is interleaved.
 */
import type { App } from "../../src/app/app.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { turns } from "./chance.ts"
import {
  expectAliases,
  expectConserved,
  expectConversations,
  expectDenseFeed,
  expectOwnWords,
  historyOf,
  unreadOf,
} from "./checks.ts"
import { answer, externalIdOn, open, person, say, visitor } from "./stage.ts"

export interface Scene {
  readonly visitor: string
  readonly survivor: string
  readonly externalId: string
  readonly users: readonly string[]
  readonly conversations: readonly string[]
  /** What was said, in order. */
  readonly said: string[]
  unread: number
}

export async function play(app: App, identified = true): Promise<Scene> {
  const externalId = externalIdOn(3)
  const [earlier, later, former] = [visitor(0), visitor(1), visitor(3)]
  const survivor = identified ? await person(app, 2, externalId) : visitor(2)
  const said: string[] = []
  const conversations = new Set<string>()
  const keep = async (sent: ReturnType<typeof say>): Promise<string> => {
    const { message } = await sent
    if (message.content.type === "text") said.push(message.content.text)
    conversations.add(message.conversationId)
    // Two partitions have no common order within one millisecond.
    while (Date.now() === message.receivedAt) await turns(1)
    return message.conversationId
  }
  const proven = { proven: identified }
  await keep(say(app, earlier, "a1"))
  await keep(say(app, survivor, "x1", proven))
  const written = await keep(say(app, later, "a2"))
  await keep(say(app, former, "x2"))
  await mergeUsers(app, { discardedId: earlier, survivingId: later, reason: "api" }, Date.now())
  await mergeUsers(app, { discardedId: former, survivingId: survivor, reason: "api" }, Date.now())
  const second = app.settings.conversationMode === "multi" ? await open(app, later) : undefined
  if (second) await keep(say(app, later, "a3", { conversationId: second }))
  await keep(say(app, survivor, "x3", proven))
  await keep(answer(app, written, "for a"))
  await keep(answer(app, [...conversations][1] ?? "", "for x"))
  return {
    visitor: later,
    survivor,
    externalId,
    users: [earlier, later, former, survivor],
    conversations: [...conversations],
    said,
    unread: 2,
  }
}

/** [P3] [P5] Everything the scene's people had is the survivor's, once, wherever a process died. */
export async function expectMerged(app: App, scene: Scene, survivor = scene.survivor): Promise<void> {
  await expectAliases(app, scene.users, survivor)
  const history = await historyOf(app, survivor)
  expectConserved(history, scene.said)
  await expectOwnWords(app, history, survivor)
  if (unreadOf(history) !== scene.unread)
    throw new Error(`[P3] unread: ${unreadOf(history)} instead of ${scene.unread}`)
  await expectConversations(app, scene.conversations, survivor)
  for (const user of scene.users) await expectDenseFeed(app, user)
}
