/** Floods of upgrades and requests that are odd: to wrong places, too early, too long, and in parts. */
import { setTimeout as delay } from "node:timers/promises"
import type { Flood } from "../flood.ts"
import type { Mob } from "../mob.ts"
import { frame, Stranger } from "../stranger.ts"

const CROWD = 10
const ENGINE = "/socket.io/?EIO=4&transport=websocket"

/** Upgrades of an odd kind, on connections that are opened again and again. */
const upgrades = (name: string, says: string, path: string, headers = ""): Flood => ({
  name,
  says,
  connections: CROWD,
  arm: async (mob) => () =>
    mob.crowd(CROWD, async () => {
      const { address } = mob.assignment
      const stranger = new Stranger({ url: mob.url, address, path, headers })
      mob.opens()
      await stranger.text("0{", 500)
      stranger.end()
    }),
})

const asked = ({ assignment }: Mob, first: string, headers: string, body: string): Buffer =>
  Buffer.from(
    `${first} HTTP/1.1\r\nHost: hub.example\r\nX-Forwarded-For: ${assignment.address}\r\n${headers}\r\n${body}`,
  )

const requests = (
  name: string,
  says: string,
  first: string,
  headers: string,
  { body = "", count = 1, connections = 1 } = {},
): Flood => ({
  name,
  says,
  connections,
  arm: async (mob) => {
    const one = asked(mob, first, headers, body)
    const block = Buffer.concat(Array(count).fill(one))
    return () =>
      mob.crowd(connections, async () => {
        const stranger = mob.call()
        await mob.pour(stranger, count, () => block)
        stranger.end()
      })
  },
})

export const ODD_REQUESTS: readonly Flood[] = [
  {
    name: "homeless",
    says: "300 connections of the engine that never ask for a namespace",
    connections: 300,
    arm: async (mob) => () =>
      mob.crowd(Math.ceil(300 * mob.assignment.scale), async () => {
        const stranger = await mob.arrive()
        while (!mob.over && !stranger.ended) await delay(250)
      }),
  },
  {
    name: "early-frames",
    says: "60 KB of frames in one write with the upgrade, ten at a time",
    connections: CROWD,
    arm: async (mob) => {
      const head = asked(
        mob,
        `GET ${ENGINE}`,
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
        "",
      )
      const bytes = Buffer.concat([
        head,
        ...Array(600).fill(frame(`42/messaging,1["sync",{"cursor":"x"}]${" ".repeat(60)}`)),
      ])
      return () =>
        mob.crowd(CROWD, async () => {
          const stranger = mob.call()
          await stranger.write(bytes)
          mob.deeds.frames += 600
          await delay(20)
          stranger.end()
        })
    },
  },
  upgrades("sids", "upgrades for sessions of the engine that are none", `${ENGINE}&sid=AAAAAAAAAAAAAAAAAAAA`),
  upgrades("old-engines", "upgrades for an engine of before", "/socket.io/?EIO=3&transport=websocket"),
  upgrades("elsewhere", "upgrades to WebSocket at a path that nothing is at", "/nothing"),
  upgrades("long-queries", "upgrades with a query of 12 KB", `${ENGINE}&a=${"b=&a".repeat(3_000)}`),
  requests("metrics-ten", "/metrics on ten connections", "GET /metrics", "", { count: 1, connections: 10 }),
  requests(
    "ranges",
    "the widget's script in ranges, on ten connections",
    "GET /widget.js",
    "Range: bytes=0-0,2-3,4-5\r\nAccept-Encoding: br;q=0.1, gzip, zstd\r\n",
    { connections: 10 },
  ),
  requests(
    "unchanged",
    "the widget's script, of which 10 KB of tags are known already",
    "GET /widget.js",
    `If-None-Match: ${'W/"x", '.repeat(1_400)}\r\n`,
    { connections: 10 },
  ),
  requests(
    "continued",
    "bodies of a petabyte that wait to be asked for",
    "POST /v1/apps",
    "Content-Length: 1000000000000000\r\nExpect: 100-continue\r\n",
    { connections: 20 },
  ),
  requests(
    "extensions",
    "chunks of one byte with extensions of 8 KB",
    "POST /console/session",
    "Transfer-Encoding: chunked\r\n",
    { body: `1;${"x".repeat(8_000)}\r\nx\r\n`.repeat(8), connections: 10 },
  ),
  requests(
    "trailers",
    "bodies in chunks with a thousand trailers",
    "POST /console/session",
    "Transfer-Encoding: chunked\r\n",
    {
      body: `0\r\n${Array.from({ length: 800 }, (_, n) => `t${n}: x`).join("\r\n")}\r\n\r\n`,
      connections: 10,
    },
  ),
  requests(
    "tangled-links",
    "links for agents of 60 KB of small objects",
    "POST /console/session",
    "Content-Type: application/json\r\nContent-Length: 60002\r\n",
    { body: `[${'{"a":1},'.repeat(6_666)}{"a":1}]`.padEnd(60_002), connections: 10 },
  ),
  requests(
    "tiny-chunks",
    "endless bodies in chunks of one byte, on five connections",
    "GET /widget.js",
    "Transfer-Encoding: chunked\r\n",
    { body: "1\r\nx\r\n".repeat(100_000), connections: 5 },
  ),
  {
    name: "bodies-in-bytes",
    says: "endless bodies a byte at a time, as fast as they go, on five connections",
    connections: 5,
    arm: async (mob) => {
      const head = asked(mob, "GET /health/live", "Content-Length: 1000000000\r\n", "")
      const byte = Buffer.from("x")
      return () =>
        mob.crowd(5, async () => {
          const stranger = mob.call()
          await stranger.write(head)
          await mob.pour(stranger, 1, () => byte)
          stranger.end()
        })
    },
  },
  {
    name: "reset-upgrades",
    says: "upgrades whose connection is reset before it is admitted, ten at a time",
    connections: CROWD,
    arm: async (mob) => () =>
      mob.crowd(CROWD, async () => {
        const { address } = mob.assignment
        const stranger = new Stranger({ url: mob.url, address })
        mob.opens()
        await stranger.text("0{", 20)
        stranger.reset()
      }),
  },
  requests("methods", "methods that no page has", "PROPFIND /health/live", "", { count: 8, connections: 10 }),
]
