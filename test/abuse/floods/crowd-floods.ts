/** Floods of many sockets and sessions from one place, and of those whose work grows with what others left lying. */
import { randomUUID } from "node:crypto"
import type { Flood } from "../flood.ts"
import { event, type Guest, type Mob } from "../mob.ts"
import { elsewhere, unlimited, writer } from "../shop-history.ts"
import { frame } from "../stranger.ts"

const VISITORS = 8

const big = () =>
  event("message:send", { localId: randomUUID(), content: { type: "text", text: "漢".repeat(4_096) } })

/** Connections that only stay open, each from a place of its own. */
const sitting = async (mob: Mob, count: number, credentials: object = {}): Promise<Guest[]> => {
  const guests: Guest[] = []
  for (let n = 0; n < count; n += 1) {
    const guest = await mob.visit(credentials, elsewhere())
    if (guest) guests.push(guest)
  }
  return guests
}

export const CROWDS: readonly Flood[] = [
  {
    name: "new-sessions",
    says: "sessions that each send a burst of 16 KB messages and are never seen again, twenty at a time",
    connections: 20,
    brief: "both",
    bursts: true,
    arm: async (mob) => () =>
      mob.crowd(20, async () => {
        const guest = await mob.visit()
        for (let n = 0; guest && !mob.over && n < 50; n += 1) {
          if (!(await guest.stranger.write(frame(big())))) break
          mob.deeds.frames += 1
        }
        guest?.stranger.end()
      }),
  },
  {
    name: "gossip",
    says: "eight visitors whose profile:update and conversation:create reach every console",
    connections: VISITORS,
    brief: "both",
    arm: async (mob) => () =>
      mob.crowd(VISITORS, async () => {
        const guest = await mob.visit()
        if (!guest) return
        const changed = (n: number) =>
          n % 2 === 0
            ? event("profile:update", { name: randomUUID() })
            : event("conversation:create", { localId: randomUUID() })
        await mob.invent(guest.stranger, changed, 20)
      }),
  },
  {
    name: "handshakes",
    says: "connect, be welcomed, go, again: ten at a time",
    connections: 10,
    arm: async (mob) => () =>
      mob.crowd(10, async () => {
        const guest = await mob.visit()
        guest?.stranger.end()
      }),
  },
  {
    name: "echo",
    says: "2,000 sockets of one session, two of which type",
    connections: 2_000,
    async arm(mob) {
      const { ready, conversationId, stranger } = await writer(mob, 1, 1)
      stranger.end()
      const { sessionToken } = ready
      const sockets = Math.ceil(2_000 * mob.assignment.scale)
      await unlimited(mob, () => sitting(mob, sockets, { sessionToken }))
      return () =>
        mob.crowd(2, async () => {
          const guest = await mob.visit({ sessionToken })
          if (guest)
            await mob.repeat(
              guest.stranger,
              (n) => event(n % 2 === 0 ? "typing:start" : "typing:stop", { conversationId }),
              2,
            )
        })
    },
  },
  {
    name: "heads",
    says: 'sends with `ifHead: "0"` into a conversation of 3,000 messages',
    connections: 1,
    async arm(mob) {
      const { ready, conversationId, stranger } = await writer(
        mob,
        Math.ceil(3_000 * mob.assignment.scale),
        10,
      )
      stranger.end()
      return () =>
        mob.crowd(1, async () => {
          const guest = await mob.visit({ sessionToken: ready.sessionToken })
          if (!guest) return
          const content = { type: "text", text: "x" }
          const send = () =>
            event("message:send", { conversationId, localId: randomUUID(), content, ifHead: "0" })
          await mob.invent(guest.stranger, send, 20)
        })
    },
  },
  {
    name: "goodbyes",
    says: "anonymous logouts while 5,000 others are idle",
    connections: 1,
    async arm(mob) {
      await unlimited(mob, () => sitting(mob, Math.ceil(5_000 * mob.assignment.scale)))
      return () =>
        mob.crowd(1, async () => {
          const guest = await mob.visit()
          if (guest) await mob.repeat(guest.stranger, () => event("logout", {}))
        })
    },
  },
]
