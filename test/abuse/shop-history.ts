/** What lies in the shop before a flood: made with the limits lifted, which then stand again. */
import { randomInt, randomUUID } from "node:crypto"
import { Admin } from "../acceptance/admin-caller.ts"
import type { Guest, Mob } from "./mob.ts"

/** Writers do not write from where the attack comes from, and each from their own place: it pays for what they do. */
export const elsewhere = (): string => `100.66.${randomInt(250)}.${randomInt(250)}`
const LIFTED = { sendsPerSecond: 100_000, burst: 100_000 }
const USUAL = { sendsPerSecond: 20, burst: 100 }

export interface History extends Guest {
  readonly conversationId: string
  readonly position: string
}

/** A visitor who wrote so many messages of so many characters each. */
export async function writer(mob: Mob, messages: number, characters: number): Promise<History> {
  return unlimited(mob, async () => {
    const guest = await mob.visit({}, elsewhere())
    if (!guest) throw new Error("the hub let nobody in before the flood began")
    guest.stranger.keep = messages + 50
    let last: { conversationId: string; position: string } | undefined
    for (let n = 0; n < messages; n += 1) {
      const content = { type: "text", text: "漢".repeat(characters) }
      const answer = await mob.ask(guest.stranger, "message:send", { localId: randomUUID(), content })
      last = sent(answer)
      guest.stranger.texts.length = 0
    }
    if (!last) throw new Error("nothing was written")
    guest.stranger.keep = 50
    return { ...guest, ...last }
  })
}

/** A visitor who wrote so many messages of so many characters in each of so many conversations. */
export async function hoarder(
  mob: Mob,
  conversations: number,
  messages: number,
  characters: number,
): Promise<Guest> {
  return unlimited(mob, async () => {
    const guest = await mob.visit({}, elsewhere())
    if (!guest) throw new Error("the hub let nobody in before the flood began")
    const { stranger } = guest
    const content = { type: "text", text: "漢".repeat(characters) }
    for (let n = 0; n < conversations; n += 1) {
      const made = await mob.ask(stranger, "conversation:create", { localId: randomUUID() })
      const conversationId = created(made)
      const write = async () =>
        sent(await mob.ask(stranger, "message:send", { conversationId, localId: randomUUID(), content }))
      for (let m = 0; m < messages; m += 1) {
        await write()
        stranger.texts.length = 0
      }
    }
    return guest
  })
}

/** So many visitors who wrote one long message each, and are gone: so many tickets. */
export async function customers(mob: Mob, count: number, characters: number): Promise<string[]> {
  const content = { type: "text", text: "漢".repeat(characters) }
  return unlimited(mob, async () => {
    const conversations: string[] = []
    for (let n = 0; n < count; n += 1) {
      const guest = await mob.visit({}, elsewhere())
      if (!guest) throw new Error("the hub let nobody in before the flood began")
      const answer = await mob.ask(guest.stranger, "message:send", { localId: randomUUID(), content })
      conversations.push(sent(answer).conversationId)
      guest.stranger.end()
    }
    return conversations
  })
}

export async function unlimited<T>(mob: Mob, act: () => Promise<T>): Promise<T> {
  const { url, adminToken, appId } = mob.assignment
  const admin = new Admin(url, adminToken)
  const limit = (rateLimits: object) => admin.call("PATCH", `/v1/apps/${appId}`, { settings: { rateLimits } })
  await limit(LIFTED)
  try {
    return await act()
  } finally {
    await limit(USUAL)
  }
}

/** The boundary: what the hub answers to a send that it took. */
function sent(answer: unknown): { conversationId: string; position: string } {
  const { ok, result, error } = answer as {
    ok: boolean
    result: { message: { conversationId: string; position: string } }
    error: unknown
  }
  if (!ok) throw new Error(`a message before the flood was refused: ${JSON.stringify(error)}`)
  return result.message
}

/** The boundary: what the hub answers to a conversation that it made. */
function created(answer: unknown): string {
  const { ok, result, error } = answer as {
    ok: boolean
    result: { conversation: { id: string } }
    error: unknown
  }
  if (!ok) throw new Error(`a conversation before the flood was refused: ${JSON.stringify(error)}`)
  return result.conversation.id
}
