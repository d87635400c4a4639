/**
 * What waits to be read is looked at wherever something is written to a connection: what the hub says in its own frames,
 * what Socket.IO says, and the pongs of WebSocket. No work is charged here, so that nothing else ends the connection.
 */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { type Namespace, Server } from "socket.io"
import { expect, onTestFinished, test } from "vitest"
import { AddressQuotas, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import { ClientAddresses } from "../../src/edge/socket/client-address.ts"
import { ConnectionGuard } from "../../src/edge/socket/connection-guard.ts"
import { frameOf } from "../../src/edge/socket/frame-writer.ts"
import type { EndReason } from "../../src/edge/socket/guarded-connection.ts"
import { frame, PING, Stranger } from "../abuse/stranger.ts"

const NAMESPACE = "/messaging"
/** More than the machine's own buffers of a connection hold, many times over. */
const MUCH_BYTES = 256 * 1024 * 1024
const LONG = "x".repeat(64 * 1024)
const PINGS = Buffer.concat(Array.from({ length: 500 }, () => frame(Buffer.alloc(125), PING)))

interface Deaf {
  readonly stranger: Stranger
  readonly guard: ConnectionGuard
  readonly socket: Parameters<Parameters<Namespace["on"]>[1]>[0]
  readonly ends: readonly EndReason[]
}

/** A connection that is in the namespace and hears nothing any more. */
async function deaf(): Promise<Deaf> {
  const http = createServer()
  const io = new Server(http, { transports: ["websocket"], serveClient: false, pingInterval: 600_000 })
  const ends: EndReason[] = []
  const guard = new ConnectionGuard({
    addresses: new AddressQuotas(new ClientAddresses([]), DEFAULT_ADDRESS_LIMITS),
    namespaces: new Set([NAMESPACE]),
    now: () => Date.now(),
    onEnd: (reason) => ends.push(reason),
  })
  guard.watch(io.engine)
  http.listen(0, "127.0.0.1")
  await once(http, "listening")
  onTestFinished(async () => void (await io.close()))
  const entered = once(io.of(NAMESPACE), "connection")
  // The boundary: a TCP server's address is of this kind.
  const stranger = new Stranger({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` })
  await stranger.text("0{")
  await stranger.write(frame(`40${NAMESPACE},{}`))
  const [socket] = await entered
  guard.of(socket.conn).serve(1_000_000, undefined)
  stranger.deafen()
  return { stranger, guard, socket, ends }
}

/** Says so much again and again, until the connection is ended. */
async function saidUntilEnded({ ends }: Deaf, bytes: number, say: () => unknown): Promise<number> {
  let said = 0
  for (; ends.length === 0 && said < MUCH_BYTES; said += bytes) {
    await say()
    await new Promise(setImmediate)
  }
  return said
}

const WAYS: readonly [string, number, (deaf: Deaf) => unknown][] = [
  [
    "frames of the hub",
    LONG.length,
    ({ guard, socket }) => guard.of(socket.conn).write(frameOf(`2${NAMESPACE},["x","${LONG}"]`)),
  ],
  ["packets of Socket.IO", LONG.length, ({ socket }) => socket.emit("x", LONG)],
  ["pongs that answer pings", PINGS.length, ({ stranger }) => stranger.write(PINGS)],
]

test.each(WAYS)("3.3 a connection that does not read %s is ended", async (_, bytes, say) => {
  const one = await deaf()
  expect(await saidUntilEnded(one, bytes, () => say(one))).toBeLessThan(MUCH_BYTES)
  expect(one.ends).toEqual(["slow"])
})
