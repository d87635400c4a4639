/** Packets of the engine: those that a client sends are counted, and any other ends the connection. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Server } from "socket.io"
import { expect, onTestFinished, test } from "vitest"
import { AddressQuotas, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import { ClientAddresses } from "../../src/edge/socket/client-address.ts"
import { ConnectionGuard } from "../../src/edge/socket/connection-guard.ts"
import type { EndReason } from "../../src/edge/socket/guarded-connection.ts"
import { frame, Stranger } from "../abuse/stranger.ts"

const NAMESPACE = "/messaging"

/** What a connection writes, then whether a packet that it sends afterwards is still answered. */
async function goesOnAfter(packet: string): Promise<{ answered: boolean; ends: readonly EndReason[] }> {
  const http = createServer()
  const io = new Server(http, { transports: ["websocket"], serveClient: false })
  const ends: EndReason[] = []
  const guard = new ConnectionGuard({
    addresses: new AddressQuotas(new ClientAddresses([]), DEFAULT_ADDRESS_LIMITS),
    namespaces: new Set([NAMESPACE]),
    now: () => Date.now(),
    onEnd: (reason) => ends.push(reason),
  })
  guard.watch(io.engine)
  io.of(NAMESPACE).on("connection", () => undefined)
  http.listen(0, "127.0.0.1")
  await once(http, "listening")
  onTestFinished(async () => void (await io.close()))
  // The boundary: a TCP server's address is of this kind.
  const stranger = new Stranger({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` })
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
