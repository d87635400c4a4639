/** Floods of names and proofs: tokens of every bad kind, apps that are none, and those who sign in for ever. */
import { randomUUID } from "node:crypto"
import { claimsOf, encode, mint } from "../../acceptance/tokens.ts"
import type { Flood } from "../flood.ts"
import { event, type Guest, type Mob } from "../mob.ts"
import { writer } from "../shop-history.ts"
import { frame } from "../stranger.ts"

const CROWD = 10

/** One visitor's socket that shows one token after another. */
const shown = (name: string, says: string, token: (n: number, mob: Mob) => string): Flood => ({
  name,
  says,
  connections: 1,
  arm: async (mob) => () =>
    mob.crowd(1, async () => {
      const guest = await mob.visit()
      if (guest) await mob.invent(guest.stranger, (n) => event("login", { jwt: token(n, mob) }), 20)
    }),
})

/** Sockets that come, show something, and go. */
const knocking = (name: string, says: string, credentials: (mob: Mob) => object): Flood => ({
  name,
  says,
  connections: CROWD,
  arm: async (mob) => () =>
    mob.crowd(CROWD, async () => {
      const guest = await mob.visit(credentials(mob))
      guest?.stranger.end()
    }),
})

const say = async (mob: Mob, { stranger }: Guest, name: string, body: unknown, ack = 1): Promise<void> => {
  if (await stranger.write(frame(event(name, body, ack)))) mob.deeds.frames += 1
}
const LOGIN_ACK = 9

export const IDENTITIES: readonly Flood[] = [
  shown("unknown-keys", "logins that each name another key", (n) =>
    mint({ kid: `key_${n}_${randomUUID()}`, secret: "x".repeat(32) }, claimsOf(`forged-${n}`)),
  ),
  shown("long-tokens", "logins with tokens of 60 KB", (n, { assignment: { key } }) =>
    mint(key, claimsOf(`forged-${n}`, { name: "x".repeat(44_000) })),
  ),
  shown(
    "unsigned",
    "logins with `alg: none`, with another algorithm, and with a key within the header",
    (n, { assignment: { key } }) => {
      const claims = claimsOf(`forged-${n}`)
      if (n % 3 === 0) return `${encode({ alg: "none", kid: key.kid })}.${encode(claims)}.`
      if (n % 3 === 1) return mint(key, claims, { alg: "HS512" }, "sha512")
      return mint(key, claims, { jwk: { kty: "oct", k: "x".repeat(4_000) }, jku: "http://127.0.0.1:1/" })
    },
  ),
  shown(
    "deep-claims",
    "logins with good tokens whose claims are 3,000 lists within lists",
    (n, { assignment: { key } }) =>
      mint(key, claimsOf("deep", { name: deep(3_000), iat: Math.floor(Date.now() / 1000) - (n % 60) })),
  ),
  knocking("unknown-apps", "handshakes for apps that are none, another each time", () => ({
    appId: `app_${randomUUID().slice(0, 12)}`,
  })),
  knocking("forged-sessions", "handshakes with session tokens that the hub did not sign", () => ({
    sessionToken: `${encode({ v: 1, u: randomUUID() })}.${encode(randomUUID())}`,
  })),
  knocking("cookies", "handshakes by a help centre's cookie that is none", () => ({ helpCenter: true })),
  knocking(
    "returns",
    "one person who comes with a good token, goes, and comes again",
    ({ assignment: { key } }) => ({
      jwt: mint(key, claimsOf("mallory")),
    }),
  ),
  {
    name: "flapping",
    says: "a visitor who wrote once comes and goes on ten sockets, and every console is told",
    connections: CROWD,
    async arm(mob) {
      const { ready, stranger } = await writer(mob, 1, 1_000)
      stranger.end()
      return () =>
        mob.crowd(CROWD, async () => {
          const guest = await mob.visit({ sessionToken: ready.sessionToken })
          guest?.stranger.end()
        })
    },
  },
  {
    name: "merges",
    says: "visitors who write and then sign in as one and the same person, five at a time",
    connections: 5,
    arm: async (mob) => () => mob.crowd(5, () => mergeOnce(mob, 1)),
  },
  {
    name: "merges-of-many",
    says: "visitors with ten conversations of long messages who sign in as one person, five at a time",
    connections: 5,
    arm: async (mob) => () => mob.crowd(5, () => mergeOnce(mob, 10)),
  },
]

async function mergeOnce(mob: Mob, conversations: number): Promise<void> {
  const { key } = mob.assignment
  const guest = await mob.visit()
  if (!guest) return
  const text = "漢".repeat(conversations === 1 ? 10 : 4_096)
  for (let n = 0; n < conversations && !mob.over; n += 1) {
    if (n > 0) await say(mob, guest, "conversation:create", { localId: randomUUID() })
    await say(mob, guest, "message:send", { localId: randomUUID(), content: { type: "text", text } })
  }
  await say(mob, guest, "login", { jwt: mint(key, claimsOf("mallory")) }, LOGIN_ACK)
  await guest.stranger.text(`43/messaging,${LOGIN_ACK}[`, 3_000)
  guest.stranger.end()
}

const deep = (levels: number): unknown => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`)
