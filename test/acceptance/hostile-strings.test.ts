/** 2: whatever text a client sends, it is stored byte-exact or refused with a code, and the hub lives on. */
import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { THOROUGH } from "../thorough.ts"
import type { Device } from "./person-device.ts"
import { inParallel } from "./random.ts"
import { acknowledgement } from "./shapes.ts"
import { onBoth } from "./world.ts"

const NAUGHTY: string[] = JSON.parse(
  readFileSync(new URL("../data/naughty-strings.json", import.meta.url), "utf8"),
)
const MORE = [
  "\u0000",
  "a\u0000b",
  "\ufeff",
  "\uffff",
  "e\u0301",
  "\u00e9",
  "👩‍👩‍👧‍👦",
  "\u202etxt",
  "\r\n",
  " x ",
  "\ud83d\ude00",
]
const STRINGS = [...NAUGHTY, ...MORE]

/** `true` if it was done, else the code of the refusal. */
async function tried(device: Device, name: string, body: unknown): Promise<true | string> {
  const ack = acknowledgement.parse(await device.raw(name, body))
  return ack.ok ? true : ack.error.code
}

/** Every string goes to a part of the fields, and to every field so large a part of the strings; with `THOROUGH` to all. */
const inTurn = <T>(fields: readonly T[], nth: number, part = 3): readonly T[] =>
  fields.filter((_, at) => THOROUGH > 1 || (at + nth) % part === 0)

onBoth("hostile strings", (world) => {
  /** What is refused, or means nothing, has not come to a store yet: the second one hears a fifth of it. */
  const some = (every: number): string[] => {
    const step = world.variant === "embedded" ? every : 5 * every
    return STRINGS.filter((_, n) => n % step === 0)
  }

  it("2 as text: kept byte-exact, in the answer, in the feed, in the history, for the business", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const strings = STRINGS.filter((text) => text.length > 0)
    await Promise.all(
      strings.map(async (text, n) => {
        const { message } = await web.send(text, { localId: `${n}` })
        expect(message.content).toEqual({ type: "text", text })
      }),
    )
    expect(web.view.texts()).toEqual(strings)
    expect(
      (await web.history(web.conversationId)).map(
        (message) => "text" in message.content && message.content.text,
      ),
    ).toEqual(strings)
    expect(await app.texts(web.conversationId)).toEqual(strings)
    expect(await web.code("message:send", { localId: "e", content: { type: "text", text: "" } })).toBe(
      "bad_request",
    )
  })

  it("2 as names, localIds, metadata values and keys: stored exactly or refused", async () => {
    const app = await world.app()
    const web = await app.member("ann")
    await inParallel(STRINGS, 8, async (text, nth) => {
      const metadata = Object.fromEntries([
        ["value", text],
        [text, "key"],
      ])
      const content = { type: "text", text: "with metadata" }
      const fields = [
        ["profile:update", { name: text }, { user: { profile: { name: text } } }],
        ["message:send", { localId: crypto.randomUUID(), content, metadata }, { message: { metadata } }],
        ["message:send", { localId: text, content }, { message: { localId: text } }],
      ] as const
      for (const [name, body, kept] of world.variant === "embedded" ? fields : inTurn(fields, nth)) {
        const ack = acknowledgement.parse(await web.raw(name, body))
        if (ack.ok) expect(ack.result).toMatchObject(kept)
        else expect([name, text, ack.error.code]).toEqual([name, text, "bad_request"])
      }
    })
    const name = "Zoë 👩‍🚀 <b> \\"
    await web.ask("profile:update", { name })
    expect((await app.holder("ann")).profile.name).toBe(name)
  })

  it("2 as ids, cursors, positions and localIds on every command: a code, never a crash", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("mine")
    await inParallel(some(1), 8, async (text, nth) => {
      const commands = [
        ["message:list", { conversationId: text }],
        ["message:send", { localId: "n", conversationId: text, content: { type: "text", text: "x" } }],
        ["conversation:read", { conversationId: text, position: text }],
        ["conversation:read", { conversationId: web.conversationId, position: text }],
        ["message:list", { conversationId: web.conversationId, before: text }],
        ["message:list", { conversationId: web.conversationId, after: text }],
        ["conversation:list", { before: text }],
        ["typing:start", { conversationId: text }],
        ["login", { jwt: text }],
      ] as const
      for (const [name, body] of inTurn(commands, nth)) {
        const done = await tried(web, name, body)
        const fine = [true, "bad_request", "not_found", "forbidden", "token_malformed"].includes(done)
        expect([name, text, done, fine]).toEqual([name, text, done, true])
      }
      if (text) expect((await web.ask("sync", { cursor: text })).resumed).toBe(false)
    })
    await web.settle()
  })

  it("2 in the handshake: device ids, cursors, session tokens, apps", async () => {
    const app = await world.app()
    await inParallel(some(THOROUGH > 1 ? 2 : 4), 8, async (text, nth) => {
      const handshakes = [
        { deviceId: text },
        { cursor: text },
        { sessionToken: text },
        { appId: text },
        { jwt: text },
      ]
      for (const options of inTurn(handshakes, nth, 5)) {
        const device = app.closed(options)
        await device.open().catch(() => {})
        expect(device.state !== undefined || device.refusal !== undefined).toBe(true)
        expect(device.refusal?.code).not.toBe("internal")
        if (device.state && "deviceId" in options) expect(device.state.device.id).toBe(text)
        device.socket.disconnect()
      }
    })
  })

  it("2 lone surrogates are refused wherever they stand", async () => {
    const app = await world.app({ conversationMode: "multi" })
    const web = await app.visitor()
    for (const bad of ["\ud800", "a\udfff", "\udc00\ud800", "x\ud83d"])
      for (const [name, body] of [
        ["message:send", { localId: "x", content: { type: "text", text: bad } }],
        ["message:send", { localId: bad, content: { type: "text", text: "x" } }],
        ["message:send", { localId: "x", content: { type: "text", text: "x" }, metadata: { k: bad } }],
        ["message:send", { localId: "x", content: { type: "text", text: "x" }, metadata: { [bad]: 1 } }],
        ["profile:update", { name: bad }],
        ["profile:update", { locale: bad }],
        ["conversation:create", { metadata: { k: bad } }],
        ["conversation:create", { localId: bad }],
      ] as const)
        expect([name, await web.code(name, body)]).toEqual([name, "bad_request"])
    expect(await web.fetch()).toEqual([])
    expect((await app.refusal({ deviceId: "\ud800" })).code).toBe("bad_request")
  })
})
