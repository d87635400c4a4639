/** Floods below the protocol: half of a request, more than a line holds, and what WebSocket allows but nobody needs. */
import { setTimeout as delay } from "node:timers/promises"
import { deflateRawSync } from "node:zlib"
import type { Flood } from "../flood.ts"
import { event, type Mob } from "../mob.ts"
import { writer } from "../shop-history.ts"
import { frame, TEXT, times } from "../stranger.ts"

const MANY = 300
const SLOW_MS = 250
const LINE_BYTES = 15_000

/** Where the address of the attackers comes in, once it is known. */
const ADDRESS = "{address}"

const head = (first: string, ...lines: string[]): string =>
  [first, "Host: hub.example", `X-Forwarded-For: ${ADDRESS}`, ...lines, ""].join("\r\n")

const addressed = ({ assignment }: Mob, text: string): Buffer =>
  Buffer.from(text.replaceAll(ADDRESS, assignment.address))

/** Connections that begin so, go on with a byte now and then, and are opened again when they are ended. */
const dripping = (name: string, says: string, begin: string, drop = "x"): Flood => ({
  name,
  says,
  connections: MANY,
  arm: async (mob) => () =>
    mob.crowd(Math.ceil(MANY * mob.assignment.scale), async () => {
      const stranger = mob.call()
      await stranger.write(addressed(mob, begin))
      mob.deeds.frames += 1
      while (!mob.over && (await stranger.write(Buffer.from(drop)))) await delay(SLOW_MS)
      if (!mob.over) stranger.end()
    }),
})

/** The same bytes again and again, on connections that are opened again when they are ended. */
const repeated = (name: string, says: string, connections: number, bytes: string, block: number): Flood => ({
  name,
  says,
  connections,
  arm: async (mob) => {
    const blocks = addressed(mob, bytes.repeat(block))
    return () =>
      mob.crowd(connections, async () => {
        const stranger = mob.call()
        await mob.pour(stranger, block, () => blocks)
        stranger.end()
      })
  },
})

/** A hundred megabytes of one letter, as `permessage-deflate` would send them. */
const BOMB = deflateRawSync(Buffer.alloc(100 * 1024 * 1024, 120))
const compressed = (): Buffer => {
  const packet = frame(BOMB, TEXT)
  packet[0] = 0xc1
  return packet
}
const INVALID = frame(Buffer.alloc(200_000, 0xc3), TEXT)
/** A whole message in so many pieces of one byte each, its last one marked as such. */
const inPieces = (text: string): Buffer =>
  Buffer.concat(
    [...Buffer.from(text)].map((byte, n, all) =>
      Buffer.from([(n === all.length - 1 ? 0x80 : 0) | (n === 0 ? TEXT : 0), 0x81, 0, 0, 0, 0, byte]),
    ),
  )

async function pourAlone(mob: Mob, headers: string, frames: number, block: Buffer): Promise<void> {
  const stranger = await mob.arrive(mob.assignment.address, headers)
  await mob.pour(stranger, frames, () => block)
  stranger.end()
}

export const WIRES: readonly Flood[] = [
  dripping("half-requests", "headers that never end, a byte now and then", head("GET /health/live HTTP/1.1")),
  dripping(
    "half-bodies",
    "bodies for the admin API that never come, by somebody without a token",
    `${head("POST /v1/apps HTTP/1.1", "Content-Type: application/json", "Content-Length: 60000")}\r\n{`,
  ),
  dripping(
    "half-links",
    "bodies for the consoles' links that never come",
    `${head("POST /console/session HTTP/1.1", "Content-Type: application/json", "Content-Length: 60000")}\r\n{`,
  ),
  dripping(
    "half-upgrades",
    "upgrades to WebSocket whose headers never end",
    head("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket"),
  ),
  dripping(
    "chunks",
    "bodies in chunks of one byte",
    `${head("POST /console/session HTTP/1.1", "Transfer-Encoding: chunked")}\r\n`,
    "1\r\nx\r\n",
  ),
  repeated(
    "polls",
    "long-polling, which the hub does not speak, hundreds to a write",
    1,
    `${head("GET /socket.io/?EIO=4&transport=polling HTTP/1.1")}\r\n`,
    400,
  ),
  repeated(
    "polls-posted",
    "long-polling with bodies of 60 KB",
    1,
    `${head("POST /socket.io/?EIO=4&transport=polling HTTP/1.1", "Content-Length: 60000")}\r\n${"x".repeat(60_000)}`,
    1,
  ),
  repeated("long-lines", "paths of 15 KB", 1, `${head(`GET /${"x".repeat(LINE_BYTES)} HTTP/1.1`)}\r\n`, 4),
  repeated(
    "many-headers",
    "requests of a thousand headers",
    1,
    `${head("GET /health/live HTTP/1.1", ...Array.from({ length: 1_000 }, (_, n) => `a${n}: b`))}\r\n`,
    4,
  ),
  repeated("malformed", "what is no request, on twenty connections", 20, "NOT A REQUEST\r\n\r\n", 1),
  repeated(
    "expectations",
    "requests that expect what nobody has",
    20,
    `${head("GET /health/live HTTP/1.1", "Expect: miracles")}\r\n`,
    16,
  ),
  repeated(
    "other-protocols",
    "requests that offer h2c",
    20,
    `${head("GET /health/live HTTP/1.1", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")}\r\n`,
    1,
  ),
  repeated(
    "tunnels",
    "CONNECT of HTTP, on twenty connections",
    20,
    `${head("CONNECT hub.example:443 HTTP/1.1")}\r\n`,
    1,
  ),
  {
    name: "cookies-long",
    says: "handshakes with cookies of 15 KB, ten at a time",
    connections: 10,
    arm: async (mob) => () =>
      mob.crowd(10, async () => {
        const stranger = await mob.arrive(mob.assignment.address, `Cookie: a=${"x".repeat(LINE_BYTES)}\r\n`)
        stranger.end()
      }),
  },
  {
    name: "compressed",
    says: "frames that are 100 MB when they are unpacked, ten at a time",
    connections: 10,
    arm: async (mob) => () => {
      const block = compressed()
      const offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
      return mob.crowd(10, () => pourAlone(mob, offer, 1, block))
    },
  },
  {
    name: "invalid-texts",
    says: "texts of 200 KB that are no UTF-8, ten at a time",
    connections: 10,
    arm: async (mob) => () => mob.crowd(10, () => pourAlone(mob, "", 1, INVALID)),
  },
  {
    name: "pieces",
    says: "commands in pieces of one byte each, on ten connections",
    connections: 10,
    arm: async (mob) => () => {
      const command = inPieces(event("conversation:list", { limit: 1 }))
      return mob.crowd(10, async () => {
        const guest = await mob.visit()
        if (guest) await mob.pour(guest.stranger, 20, () => Buffer.concat(Array(20).fill(command)))
      })
    },
  },
  {
    name: "unread-pages",
    says: "full pages of 256 KB for ten sockets of a session that read nothing",
    connections: 10,
    async arm(mob) {
      const { ready, conversationId, stranger } = await writer(mob, 60, 4_096)
      stranger.end()
      return () =>
        mob.crowd(10, async () => {
          const guest = await mob.visit({ sessionToken: ready.sessionToken })
          guest?.stranger.deafen()
          if (guest)
            await mob.repeat(guest.stranger, () => event("message:list", { conversationId, limit: 100 }))
        })
    },
  },
  {
    name: "many-tabs",
    says: "5,000 sockets of one session that are opened and stay",
    connections: 200,
    async arm(mob) {
      const { ready, stranger } = await writer(mob, 1, 1_000)
      stranger.end()
      let left = Math.ceil(5_000 * mob.assignment.scale)
      return () =>
        mob.crowd(50, async () => {
          if (left-- > 0) await mob.visit({ sessionToken: ready.sessionToken })
          else await delay(SLOW_MS)
        })
    },
  },
  {
    name: "comings-and-goings",
    says: "CONNECT and DISCONNECT in turn on one connection",
    connections: 1,
    arm: async (mob) => () =>
      mob.crowd(1, async () => {
        const { appId } = mob.assignment
        const auth = JSON.stringify({ v: 1, appId, channel: "web" })
        const block = times(20, (n) => (n % 2 === 0 ? `40/messaging,${auth}` : "41/messaging,"))
        await mob.pour(await mob.arrive(), 20, () => block)
      }),
  },
]
