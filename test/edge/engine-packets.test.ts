/** Packets of the engine: those that a client sends are counted, and any other ends the connection. */
import { expect, test } from "vitest"
import { AddressQuota, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import type { EndReason } from "../../src/edge/socket/guard-parts.ts"
import { WORK } from "../../src/edge/socket/work.ts"
import { frame, Stranger } from "../abuse/stranger.ts"
import { bareConnection } from "./bare-connection.ts"
import { guardedServer, NAMESPACE } from "./guarded-server.ts"

/** What a connection writes, then whether a packet that it sends afterwards is still answered. */
async function goesOnAfter(packet: string): Promise<{ answered: boolean; ends: readonly EndReason[] }> {
  const { url, io, ends } = await guardedServer()
  io.of(NAMESPACE).on("connection", () => undefined)
  const stranger = new Stranger({ url })
  await stranger.text("0{")
  await stranger.write(frame(packet))
  await stranger.write(frame(`40${NAMESPACE},{}`))
  return { answered: (await stranger.text(`40${NAMESPACE},`)) !== undefined, ends }
}

test.each([
  ["the server's own opening", '0{"sid":"x"}'],
  ["a probe", "2probe"],
  ["a ping", "2"],
  ["an upgrade", "5"],
  ["a packet that means nothing", "6"],
])("2 %s is sent by no client, and ends the connection", async (_, packet) => {
  expect(await goesOnAfter(packet)).toEqual({ answered: false, ends: ["packet"] })
})

test("2 the answer to a heartbeat does not end it", async () => {
  expect(await goesOnAfter("3")).toEqual({ answered: true, ends: [] })
})

test.each([
  ["a goodbye", "1/messaging,"],
  ["a command", '2/messaging,7["sync",{}]'],
])(
  "2 %s in a namespace that is not entered yet ends the connection: its address pays, and is not blamed",
  (_, packet) => {
    const address = new AddressQuota("198.51.100.9", true, DEFAULT_ADDRESS_LIMITS)
    const ends: EndReason[] = []
    const { connection } = bareConnection(
      address,
      () => 1_000,
      (reason) => ends.push(reason),
    )
    expect(connection.admits('0/messaging,{"v":1}')).toBe(true)
    const before = address.work?.balance(1_000) ?? Number.NaN
    expect(connection.admits(packet)).toBe(false)
    expect(connection.ended).toBe(true)
    expect(ends).toEqual(["packet"])
    expect(address.work?.balance(1_000)).toBe(before - WORK.cut)
    expect(address.recentCuts(1_000)).toBe(0)
  },
)

test("2 one that has entered it leaves, and enters again", async () => {
  const { url, io, guard, ends } = await guardedServer()
  let left = 0
  io.of(NAMESPACE).on("connection", (socket) => {
    guard.of(socket.conn).listen(NAMESPACE, () => undefined)
    socket.on("disconnect", () => {
      guard.of(socket.conn).left(NAMESPACE)
      left += 1
    })
  })
  const stranger = new Stranger({ url })
  await stranger.text("0{")
  for (const times of [1, 2]) {
    stranger.texts.length = 0
    await stranger.write(frame(`40${NAMESPACE},{}`))
    expect(await stranger.text(`40${NAMESPACE},`)).toBeDefined()
    await stranger.write(frame(`41${NAMESPACE},`))
    await expect.poll(() => left).toBe(times)
  }
  expect(ends).toEqual([])
  stranger.end()
})
