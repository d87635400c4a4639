/**
 * Real dialogues with an agent who answers at a console, while the visitor signs in somewhere in the middle
 * and goes on by phone and browser: in the end console, phone and browser tell the same.
 */
import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { z } from "zod"
import { THOROUGH } from "../thorough.ts"
import type { Console } from "./agent-console.ts"
import { type Desk, expectTrueConsole, openDesk, said } from "./agent-desk.ts"
import type { AgentMessage } from "./agent-shapes.ts"
import type { Device } from "./person-device.ts"
import { inParallel, range, seeded } from "./random.ts"
import { type App, expectTrueView, onBoth } from "./world.ts"

const turn = z.object({ speaker: z.enum(["user", "agent"]), text: z.string().min(1) })
const dialogue = z.object({ id: z.string(), turns: z.array(turn) })
type Dialogue = z.infer<typeof dialogue>

const COUNT = 4 * THOROUGH
const DIALOGUES: Dialogue[] = readFileSync(new URL("../data/dialogs.jsonl", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .slice(0, COUNT)
  .map((line) => dialogue.parse(JSON.parse(line)))

interface Played {
  phone: Device
  web: Device
  expected: string[]
}

async function play(app: App, consoles: Console[], one: Dialogue, seed: number): Promise<Played> {
  const chance = seeded(seed)
  const externalId = `customer ${one.id}`
  const phone = await app.member(externalId, { on: seed + 1, deviceId: `phone-${seed}` })
  const web = await app.visitor({ on: seed, deviceId: `web-${seed}` })
  const signsInAt = chance.below(one.turns.length)
  const speakers: Device[] = [web]
  let conversationId: string | undefined
  for (const [n, { speaker, text }] of one.turns.entries()) {
    if (n === signsInAt) {
      await web.login(app.token(externalId))
      speakers.push(phone)
    }
    const console = chance.pick(consoles)
    if (speaker === "agent" && conversationId !== undefined) {
      await console.ask("typing:start", { conversationId })
      if (chance.below(3) === 0) await console.note(conversationId, `note at ${n}`)
      await console.say(conversationId, text, { localId: `${seed}-${n}` })
    } else {
      const { message } = await (speakers[n % speakers.length] ?? web).send(text)
      conversationId ??= message.conversationId
      if (chance.below(3) === 0)
        await console.ask("conversation:read", { conversationId, position: message.position })
    }
  }
  return { phone, web, expected: one.turns.map(({ text }) => text) }
}

/** What everybody who sees a message sees of it. */
const seen = (messages: readonly AgentMessage[]) =>
  messages.map(({ id, conversationId, position, receivedAt, author, content, authenticated }) => ({
    ...{ id, conversationId, position, receivedAt, author, content, authenticated },
  }))

async function expectAgreement(desk: Desk, consoles: Console[], played: Played): Promise<void> {
  const { phone, web, expected } = played
  for (const device of [phone, web]) {
    await expectTrueView(device)
    expect(device.view.texts()).toEqual(expected)
  }
  expect(web.view.user).toEqual(phone.view.user)
  const [id = ""] = phone.view.conversations().map((received) => received.id)
  for (const console of consoles) {
    const public_ = console.view.messages(id).filter(({ internal }) => !internal)
    for (const device of [phone, web])
      expect(seen(device.view.conversations()[0]?.messages ?? [])).toEqual(seen(public_))
    const [ticket, ...others] = console.view.active().filter(({ userId }) => userId === phone.userId)
    expect(others).toEqual([])
    expect(ticket).toMatchObject({ conversationId: id, authenticated: true })
  }
  const fresh = await desk.console("cyd", { on: 1 })
  const { user } = await fresh.ask("user:get", { userId: phone.userId })
  const { signedUpAt: _, lastSeenAt: __, online, aliases: ___, ...shown } = user
  expect(online).toBe(true)
  expect(shown).toEqual(phone.view.user)
  expect(said(await fresh.history(id)).filter((text) => !text.startsWith("note at "))).toEqual(expected)
  for (const device of [phone, web]) device.socket.disconnect()
  fresh.socket.disconnect()
}

onBoth("replay with agents", (world) => {
  it("[P2] [P3] dialogues over /agent", { timeout: 120_000 }, async () => {
    const { app, desk } = await openDesk(world)
    const consoles = [await desk.console("ada"), await desk.console("bob", { on: 1 })]
    const played: Played[] = []
    await inParallel(range(DIALOGUES.length), 6, async (n) => {
      const one = DIALOGUES[n]
      if (one) played.push(await play(app, consoles, one, n))
    })
    expect(played).toHaveLength(COUNT)
    for (const console of consoles) await expectTrueConsole(console)
    for (const one of played) await expectAgreement(desk, consoles, one)
  })
})
