/** Packets of the engine: those that a client sends are counted, and any other ends the connection. */
import { expect, test } from "vitest"
import type { EndReason } from "../../src/edge/socket/guarded-connection.ts"
import { frame, Stranger } from "../abuse/stranger.ts"
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
