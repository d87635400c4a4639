/** Floods of packets that no client sends though they may be sent, of repeated sends, and of visits of an odd kind. */
import { randomUUID } from "node:crypto"
import { claimsOf, encode, mint } from "../../acceptance/tokens.ts"
import type { Flood } from "../flood.ts"
import { event, type Guest, type Mob } from "../mob.ts"
import { frame } from "../stranger.ts"
import { alone } from "./alone.ts"

const CROWD = 10

/** One visitor's socket to which the same frames are written again and again. */
const frames = (
  name: string,
  says: string,
  one: () => string,
  count: number,
  brief?: Flood["brief"],
): Flood => alone(name, says, one, brief, count)

/** Visitors who come, do something and are gone. */
const visits = (
  name: string,
  says: string,
  act: (mob: Mob, guest: Guest) => Promise<unknown>,
  connections = CROWD,
): Flood => ({
  name,
  says,
  connections,
  arm: async (mob) => () =>
    mob.crowd(connections, async () => {
      const guest = await mob.visit()
      if (!guest) return
      await act(mob, guest)
      guest.stranger.end()
    }),
})

const text = (words: string) => ({ type: "text", text: words })

export const ODD_PACKETS: readonly Flood[] = [
  frames("noops", "packets of the engine that mean nothing, 20,000 to a write", () => "6", 20_000),
  frames(
    "probes",
    "the engine's probes and upgrades on a connection that has them behind it",
    () => "2probe",
    20_000,
    "embedded",
  ),
  frames("base64", "bytes as text, 200 KB each", () => `b${"QUJD".repeat(50_000)}`, 1),
  frames("long-names", "events whose name has 60 KB", () => `42/messaging,1["${"x".repeat(60_000)}",{}]`, 2),
  frames(
    "deep-lists",
    "bodies of 30,000 lists within lists",
    () => `42/messaging,1["sync",${"[".repeat(30_000)}${"]".repeat(30_000)}]`,
    4,
  ),
  frames(
    "marks",
    "sends of letters with hundreds of marks",
    () => event("message:send", { localId: "m", content: text(`a${"\u0301".repeat(3_900)}`) }),
    20,
  ),
  frames(
    "repeats",
    "one and the same message:send, hundreds to a write",
    () => event("message:send", { localId: "again", content: text("again") }),
    200,
  ),
  visits("unmasked", "frames that are not masked, ten at a time", async (mob, { stranger }) => {
    await stranger.write(Buffer.from([0x81, 1, 0x32]))
    await mob.pour(stranger, 1, () => Buffer.from([0x81, 1, 0x32]))
  }),
  visits("closings", "WebSocket's goodbye and frames after it, ten at a time", async (mob, { stranger }) => {
    await stranger.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 3, 0xe8]))
    await mob.pour(stranger, 1, () => frame(event("sync", {})))
  }),
  visits(
    "newcomers",
    "visitors who write one message each and are gone, twenty at a time",
    async (mob, { stranger }) => {
      await mob
        .ask(stranger, "message:send", { localId: randomUUID(), content: text("hello") })
        .catch(() => undefined)
    },
    20,
  ),
  {
    name: "merging-handshakes",
    says: "visitors who write, go, and come back with a token of one person, five at a time",
    connections: 5,
    arm: async (mob) => () =>
      mob.crowd(5, async () => {
        const guest = await mob.visit()
        if (!guest) return
        await mob
          .ask(guest.stranger, "message:send", { localId: randomUUID(), content: text("x") })
          .catch(() => undefined)
        guest.stranger.end()
        const jwt = mint(mob.assignment.key, claimsOf("mallory"))
        const back = await mob.visit({ sessionToken: guest.ready.sessionToken, jwt })
        back?.stranger.end()
      }),
  },
  {
    name: "long-keys",
    says: "logins whose header names a key of 8 KB and brings a hundred keys of its own",
    connections: 1,
    arm: async (mob) => () =>
      mob.crowd(1, async () => {
        const guest = await mob.visit()
        const keys = Array.from({ length: 100 }, (_, n) => ({ kty: "oct", kid: `k${n}`, k: "x".repeat(60) }))
        const head = encode({ alg: "HS256", kid: "k".repeat(8_000), jwks: { keys } })
        const token = `${head}.${encode(claimsOf("x"))}.${"A".repeat(43)}`
        if (guest) await mob.repeat(guest.stranger, () => event("login", { jwt: token }), 10)
      }),
  },
  {
    name: "many-addresses",
    says: "handshakes and sends, each from another address of one network of IPv6",
    connections: 20,
    arm: async (mob) => {
      let n = 0
      return () =>
        mob.crowd(20, async () => {
          n += 1
          const guest = await mob.visit({}, `2001:db8:7:7::${n.toString(16)}`)
          if (!guest) return
          await guest.stranger.write(
            frame(event("message:send", { localId: randomUUID(), content: text("x".repeat(4_000)) })),
          )
          await guest.stranger.text("43", 1_000)
          guest.stranger.end()
        })
    },
  },
]
