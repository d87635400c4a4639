/**
 * What waits to be read is looked at wherever something is written to a connection: what the hub says in its own frames,
 * what Socket.IO says, and the pongs of WebSocket. No work is charged here, so that nothing else ends the connection.
 */
import { once } from "node:events"
import type { Namespace } from "socket.io"
import { expect, test } from "vitest"
import type { ConnectionGuard } from "../../src/edge/socket/connection-guard.ts"
import { frameOf } from "../../src/edge/socket/frame-writer.ts"
import type { EndReason } from "../../src/edge/socket/guard-parts.ts"
import { frame, PING, Stranger } from "../abuse/stranger.ts"
import { guardedServer, NAMESPACE } from "./guarded-server.ts"

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
  const { url, io, guard, ends } = await guardedServer()
  const entered = once(io.of(NAMESPACE), "connection")
  const stranger = new Stranger({ url })
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
