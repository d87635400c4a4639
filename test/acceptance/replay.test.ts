/**
 * Real dialogues, each begun as a visitor in a browser who signs in somewhere in the middle, with a phone of
 * the same person already there; then both devices and a fresh fetch must tell the same.
 */
import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { z } from "zod"
import { THOROUGH } from "../thorough.ts"
import { type Device, texts } from "./person-device.ts"
import { inParallel, range, seeded } from "./random.ts"
import { type App, expectTrueView, onBoth } from "./world.ts"

const dialogue = z.object({
  id: z.string(),
  turns: z.array(z.object({ speaker: z.enum(["user", "agent"]), text: z.string().min(1) })),
})
type Dialogue = z.infer<typeof dialogue>

const DIALOGUES: Dialogue[] = readFileSync(new URL("../data/dialogs.jsonl", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => dialogue.parse(JSON.parse(line)))
const WIDTH = 12
/** Of the 360, one in fifteen on each store and others in each mode; all of them with `THOROUGH=15`. */
const EVERY = Math.max(1, Math.round(15 / THOROUGH))

async function replay(app: App, { id, turns }: Dialogue, seed: number): Promise<void> {
  const chance = seeded(seed)
  const externalId = `customer ${id}`
  const phone = await app.member(externalId, { on: 1, deviceId: `phone-${seed}` })
  const web = await app.visitor({ on: 0, deviceId: `web-${seed}` })
  const signsInAt = chance.below(turns.length)
  let conversationId: string | undefined
  const speakers: Device[] = [web]
  for (const [n, { speaker, text }] of turns.entries()) {
    if (n === signsInAt) {
      const { outcome } = await web.login(app.token(externalId))
      expect(outcome).toBe(n === 0 ? "signed_in" : "merged")
      speakers.push(phone)
    }
    if (speaker === "agent" && conversationId !== undefined) {
      await app.say(conversationId, text, n)
    } else {
      const device = speakers[n % speakers.length] ?? web
      const named = conversationId !== undefined && chance.below(2) === 0
      const answer = await device.send(text, { localId: `${seed}-${n}`, ...(named && { conversationId }) })
      conversationId ??= answer.message.conversationId
    }
  }
  const expected = turns.map(({ text }) => text)
  const fresh = await app.member(externalId, { on: seed, deviceId: `fresh-${seed}` })
  for (const device of [web, phone]) {
    await expectTrueView(device)
    expect([id, device.view.texts()]).toEqual([id, expected])
    expect(device.view.user).toEqual(fresh.view.user)
    const [received] = device.view.conversations()
    const [afresh] = fresh.view.conversations()
    expect(received).toMatchObject({ id: afresh?.id, unreadCount: afresh?.unreadCount })
    expect(received?.messages.slice(-(afresh?.messages.length ?? 0))).toEqual(afresh?.messages)
  }
  expect(texts(await fresh.history(conversationId ?? ""))).toEqual(expected)
  for (const device of [web, phone, fresh]) device.socket.disconnect()
}

onBoth("replay", (world) => {
  for (const conversationMode of ["single", "multi"])
    it(`[P2] [P3] the dialogues in ${conversationMode} mode`, { timeout: 240_000 }, async () => {
      const [half, part] = [conversationMode === "single" ? 0 : 1, world.variant === "redis" ? 1 : 0]
      const app = await world.app({ conversationMode })
      const chosen = range(DIALOGUES.length).filter(
        (n) => n % 2 === half && Math.floor(n / 2) % EVERY === part % EVERY,
      )
      await inParallel(chosen, WIDTH, async (n) => {
        const one = DIALOGUES[n]
        if (one) await replay(app, one, n)
      })
      expect(chosen).toHaveLength(180 / EVERY)
    })
})
