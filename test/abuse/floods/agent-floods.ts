/** Floods of an agent whose token is good: a colleague gone bad, or whoever took it from them. */
import { randomUUID } from "node:crypto"
import type { Flood } from "../flood.ts"
import { type Guest, type Mob, order } from "../mob.ts"
import { customers } from "../shop-history.ts"

const TICKETS = 120
const PAGEFUL = "漢".repeat(4_096)

type Ask = (conversations: readonly string[], n: number, ready: Guest["ready"]) => string

/** On one console, over a shop in which so many wait. */
const atWork = (name: string, says: string, one: Ask, block = 100): Flood => ({
  name,
  says,
  connections: 1,
  async arm(mob) {
    const conversations = await customers(mob, Math.ceil(TICKETS * mob.assignment.scale), 1_000)
    return () => mob.crowd(1, () => work(mob, (n, ready) => one(conversations, n, ready), block))
  },
})

async function work(mob: Mob, one: (n: number, ready: Guest["ready"]) => string, block: number) {
  const guest = await mob.attend()
  if (guest) await mob.invent(guest.stranger, (n) => one(n, guest.ready), block)
}

const pick = (conversations: readonly string[], n: number): string =>
  conversations[n % conversations.length] ?? ""

export const AGENTS: readonly Flood[] = [
  atWork("agents-lists", "ticket:list of a full page with what is unread", () =>
    order("ticket:list", { limit: 100, withUnread: true }),
  ),
  atWork("agents-searches", "user:search for what many have", () =>
    order("user:search", { query: "a", limit: 50 }),
  ),
  atWork(
    "agents-sends",
    "message:send of 12 KB into one conversation after another",
    (conversations, n) =>
      order("message:send", {
        conversationId: pick(conversations, n),
        localId: randomUUID(),
        content: { type: "text", text: PAGEFUL },
      }),
    10,
  ),
  atWork("agents-counts", "ticket:count and agent:list in turn", (_, n) =>
    order(n % 2 === 0 ? "ticket:count" : "agent:list", {}),
  ),
  atWork("agents-signals", "typing and viewing, begun and ended in turn", (conversations, n) =>
    order(["typing:start", "viewing:start", "typing:stop", "viewing:stop"][n % 4] ?? "", {
      conversationId: pick(conversations, n >> 2),
    }),
  ),
  atWork(
    "agents-watches",
    "watch of a thousand conversations, again and again",
    (conversations, n) =>
      order("watch", {
        scope: n % 2 === 0 ? "all" : "none",
        conversations: Array.from({ length: 1_000 }, (_, c) =>
          c < 100 ? pick(conversations, c) : `con_${n}_${c}`,
        ),
      }),
    5,
  ),
  atWork("agents-syncs", "sync from the beginning, over everything that was told", (_, _n, { cursor }) =>
    order("sync", { cursor }),
  ),
  {
    name: "agents-guesses",
    says: "consoles that show a token that nobody signed, ten at a time",
    connections: 10,
    arm: async (mob) => () =>
      mob.crowd(10, async () => {
        const guest = await mob.attend({ token: "a.b.c" })
        guest?.stranger.end()
      }),
  },
]
