/** 3.2: typing ends with the message that was typed, with the page, and with the session, and everybody hears it. */
import { expect, it } from "vitest"
import type { Console } from "./agent-console.ts"
import { openDesk } from "./agent-desk.ts"
import type { Device } from "./person-device.ts"
import { onBoth } from "./world.ts"

/** Far below the ten seconds after which typing ends by itself. */
const AT_ONCE_MS = 4_000

interface Typed {
  readonly active: boolean
  readonly author: { readonly type: string }
}

/** Every typing signal of one side that was heard. */
const received = ({ frames }: Device | Console, by: "user" | "agent"): boolean[] =>
  frames
    .filter(({ name }) => name === "typing")
    .map(({ body }) => body as Typed)
    .filter(({ author }) => author.type === by)
    .map(({ active }) => active)

const hears = async (hearers: readonly (Device | Console)[], by: "user" | "agent", active: boolean) => {
  for (const hearer of hearers) {
    const is = (): boolean => received(hearer, by).at(-1) === active
    await hearer.until(`typing ${active ? "begins" : "ends"}`, is, AT_ONCE_MS)
  }
}

onBoth("the end of typing", (world) => {
  async function scene() {
    const { app, desk } = await openDesk(world)
    const consoles = [await desk.console("ada"), await desk.console("bob", { on: 1 })]
    const phone = await app.member("ann", { deviceId: "phone" })
    const { conversationId } = (await phone.send("hello")).message
    const tablet = await app.member("ann", { on: 1, deviceId: "tablet" })
    const others = [...consoles, tablet]
    return { app, consoles, phone, tablet, conversationId, others }
  }

  it("3.2 with the user's message, also one that names no conversation", async () => {
    const { phone, conversationId, others } = await scene()
    await phone.ask("typing:start", { conversationId })
    await hears(others, "user", true)
    await phone.send("what I typed", { conversationId })
    await hears(others, "user", false)
    await phone.ask("typing:start", { conversationId })
    await hears(others, "user", true)
    await phone.send("and once more")
    await hears(others, "user", false)
  })

  it("3.2 not with another device's message, which was typed there", async () => {
    const { phone, tablet, consoles, conversationId } = await scene()
    await phone.ask("typing:start", { conversationId })
    await hears(consoles, "user", true)
    await tablet.send("from the tablet", { conversationId })
    for (const console of consoles) await console.roundTrip()
    await tablet.roundTrip()
    for (const console of consoles) expect(received(console, "user")).not.toContain(false)
  })

  it.each([
    ["the page is closed", ({ socket }: Device) => void socket.disconnect()],
    ["the connection is lost", ({ socket }: Device) => void socket.io.engine.close()],
    ["the person logs out", async (phone: Device) => void (await phone.logout())],
  ])("3.2 when %s", async (_, end) => {
    const { phone, conversationId, others } = await scene()
    await phone.ask("typing:start", { conversationId })
    await hears(others, "user", true)
    await end(phone)
    await hears(others, "user", false)
  })

  it("3.2 with the agent's message, and with their console", async () => {
    const { phone, tablet, consoles, conversationId } = await scene()
    const [ada, bob] = consoles
    if (!ada || !bob) throw new Error("two consoles")
    await bob.ask("typing:start", { conversationId })
    await hears([phone, tablet, ada], "agent", true)
    await bob.say(conversationId, "what I typed")
    await hears([phone, tablet, ada], "agent", false)
    await bob.ask("typing:start", { conversationId })
    await hears([phone, tablet, ada], "agent", true)
    bob.socket.disconnect()
    await hears([phone, tablet, ada], "agent", false)
  })
})
