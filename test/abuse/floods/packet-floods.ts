/** Floods below the commands: packets that no client of ours sends. */
import type { Flood } from "../flood.ts"
import { event } from "../mob.ts"
import { BINARY, frame, PING, times } from "../stranger.ts"
import { tangled } from "./command-floods.ts"

const HUNDRED = 100
const LONG_FRAME = frame("x".repeat(255_000))
const BUFFER = Buffer.alloc(200 * 1024, 7)
const CONNECTS = times(8_000, (n) => (n % 2 === 0 ? "40" : `40/x${n % 50},`))

export const PACKETS: readonly Flood[] = [
  {
    name: "foreign-connects",
    says: "8,000 CONNECTs to `/` and to unknown namespaces in one write, on a hundred connections",
    connections: HUNDRED,
    brief: "embedded",
    arm: async (mob) => () =>
      mob.crowd(HUNDRED, async () => mob.pour(await mob.arrive(), 8_000, () => CONNECTS)),
  },
  {
    name: "connects",
    says: "CONNECT to /messaging again and again on one connection",
    connections: 1,
    arm: async (mob) => () =>
      mob.crowd(1, async () => {
        const { appId } = mob.assignment
        const auth = JSON.stringify({ v: 1, appId, channel: "web" })
        await mob.repeat(await mob.arrive(), () => `40/messaging,${auth}`)
      }),
  },
  {
    name: "unfinished-binaries",
    says: "a packet that announces ten buffers and brings nine, on a hundred connections that then wait",
    connections: HUNDRED,
    arm: async (mob) => () =>
      mob.crowd(HUNDRED, async () => {
        const stranger = await mob.arrive()
        const packet = frame(`4510-/messaging,1["message:send",${placeholders(10)}]`)
        const nine = Array.from({ length: 9 }, () => frame(BUFFER, BINARY))
        const bytes = Buffer.concat([packet, ...nine])
        await mob.pour(stranger, 10, () => bytes)
      }),
  },
  {
    name: "binary-bodies",
    says: "bodies of ten buffers of 200 KB each",
    connections: 1,
    brief: "embedded",
    arm: async (mob) => () =>
      mob.crowd(1, async () => {
        const guest = await mob.visit()
        if (!guest) return
        const packet = frame(`4510-/messaging,1["message:send",${placeholders(10)}]`)
        const ten = Array.from({ length: 10 }, () => frame(BUFFER, BINARY))
        const bytes = Buffer.concat([packet, ...ten])
        await mob.pour(guest.stranger, 11, () => bytes)
      }),
  },
  {
    name: "pings",
    says: "WebSocket pings of 125 bytes whose pongs nobody reads",
    connections: 1,
    arm: async (mob) => () =>
      mob.crowd(1, async () => {
        const stranger = await mob.arrive()
        stranger.deafen()
        const pings = Buffer.concat(Array.from({ length: 500 }, () => frame(Buffer.alloc(125), PING)))
        await mob.pour(stranger, 500, () => pings)
      }),
  },
  {
    name: "bytes",
    says: "one frame of 255 KB, a byte at a time",
    connections: 1,
    brief: "embedded",
    arm: async (mob) => () =>
      mob.crowd(1, async () => {
        const guest = await mob.visit()
        if (!guest || !(await guest.stranger.write(LONG_FRAME.subarray(0, 14)))) return
        const byte = Buffer.from("x")
        await mob.pour(guest.stranger, 1, () => byte)
      }),
  },
  {
    name: "tangled-handshakes",
    says: "handshakes of 200 KB that are small objects within objects",
    connections: 1,
    brief: "embedded",
    arm: async (mob) => () =>
      mob.crowd(1, async () => {
        const { appId } = mob.assignment
        const auth = JSON.stringify({ v: 1, appId, channel: "web", info: tangled(200_000) })
        await mob.repeat(await mob.arrive(), () => `40/messaging,${auth}`, 1)
      }),
  },
  {
    name: "heartbeats",
    says: "pongs of the engine, 20,000 to a write",
    connections: 1,
    arm: async (mob) => () => mob.crowd(1, async () => mob.repeat(await mob.arrive(), () => "3", 20_000)),
  },
  {
    name: "fragments",
    says: "messages in fragments of one byte that never end",
    connections: 10,
    arm: async (mob) => () =>
      mob.crowd(10, async () => {
        const first = Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x34])
        const next = Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x34])
        const stranger = await mob.arrive()
        await stranger.write(first)
        const more = Buffer.concat(Array.from({ length: 1_000 }, () => next))
        await mob.pour(stranger, 1_000, () => more)
      }),
  },
  {
    name: "unread-refusals",
    says: "unknown commands from somebody who reads no answer",
    connections: 1,
    brief: "embedded",
    arm: async (mob) => () =>
      mob.crowd(1, async () => {
        const guest = await mob.visit()
        guest?.stranger.deafen()
        if (guest) await mob.repeat(guest.stranger, () => event("x".repeat(20), {}), 1_000)
      }),
  },
  {
    name: "unanswerable",
    says: "commands without an acknowledgement",
    connections: 1,
    arm: async (mob) => () =>
      mob.crowd(1, async () => {
        const guest = await mob.visit()
        if (guest) await mob.repeat(guest.stranger, () => event("message:send", {}, ""), 1_000)
      }),
  },
]

const placeholders = (count: number): string =>
  JSON.stringify({ b: Array.from({ length: count }, (_, num) => ({ _placeholder: true, num })) })
