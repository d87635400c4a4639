/** A reader that does not read is cut off, costs the others nothing, and resumes by itself through its cursor. */
import { randomUUID } from "node:crypto"
import { io } from "socket.io-client"
import { expect, it } from "vitest"
import { onBoth } from "./world.ts"

const AT_MOST = 4_000
const BIG = "漢".repeat(4_096)

/** Everything a stock client hears, told apart by message id; it stops reading when told to. */
function reader(url: string, auth: Record<string, unknown>) {
  const received = new Set<string>()
  let cursor: string | undefined
  let returns = 0
  const socket = io(`${url}/messaging`, {
    transports: ["websocket"],
    forceNew: true,
    auth: (give) => give({ ...auth, ...(cursor && { cursor }) }),
  })
  const note = (event: { type: string; cursor: string; data: { message?: { id: string } } }) => {
    cursor = event.cursor
    if (event.data.message) received.add(event.data.message.id)
  }
  socket.on("event", note)
  socket.on("ready", (state) => {
    returns += 1
    for (const event of state.events ?? []) note(event)
    for (const { messages } of state.conversations ?? []) for (const { id } of messages) received.add(id)
    cursor = state.cursor
  })
  // The TCP connection below the client: paused, it is a phone in a tunnel.
  const tcp = () => Reflect.get(Reflect.get(socket.io.engine.transport, "ws"), "_socket")
  return { socket, received, returns: () => returns, tcp }
}

onBoth("slow readers", (world) => {
  it("3.3 a slow reader is cut off and comes back with what it missed", async () => {
    const app = await world.app()
    const phone = await app.member("ann")
    const { url } = world.hub.node(0)
    const slow = reader(url, {
      v: 1,
      appId: app.id,
      channel: "web",
      jwt: app.token("ann"),
      deviceId: randomUUID(),
    })
    await expect.poll(slow.returns).toBe(1)
    slow.tcp().pause()
    const cuts = async () => {
      const text = await (await fetch(`${url}/metrics`)).text()
      return Number(/^tributary_slow_readers_total (\d+)$/m.exec(text)?.[1])
    }
    let last = ""
    let sent = 0
    for (const before = await cuts(); (await cuts()) === before && sent < AT_MOST; sent += 50) {
      const body = () => ({ localId: randomUUID(), content: { type: "text", text: BIG } })
      const answers = await Promise.all(Array.from({ length: 50 }, () => phone.ask("message:send", body())))
      last = answers.at(-1)?.message.id ?? ""
    }
    expect(sent).toBeLessThan(AT_MOST)
    slow.tcp().resume()
    await expect.poll(slow.returns, { timeout: 20_000 }).toBeGreaterThan(1)
    await expect.poll(() => slow.received.has(last), { timeout: 20_000 }).toBe(true)
    slow.socket.disconnect()
  })
})
