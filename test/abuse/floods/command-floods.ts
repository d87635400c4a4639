/** Floods of commands that are refused, or that change nothing, or that are told to others. */
import { randomUUID } from "node:crypto"
import { claimsOf, mint } from "../../acceptance/tokens.ts"
import type { Flood } from "../flood.ts"
import { event } from "../mob.ts"
import { writer } from "../shop-history.ts"
import { alone } from "./alone.ts"

/** The same as `alone`, by a visitor who has a conversation: other commands each time. */
const spoken = (
  name: string,
  says: string,
  one: (conversationId: string, n: number) => string,
  block = 100,
): Flood => ({
  name,
  says,
  connections: 1,
  async arm(mob) {
    const { conversationId, ready, stranger } = await writer(mob, 1, 1)
    stranger.end()
    return () =>
      mob.crowd(1, async () => {
        const guest = await mob.visit({ sessionToken: ready.sessionToken })
        if (guest) await mob.invent(guest.stranger, (n) => one(conversationId, n), block)
      })
  },
})

/** As many complaints as 64 KB hold. */
const COMPLAINTS = event("message:send", {
  localId: "x",
  content: { type: "formResponse", formId: "x", fields: Array.from({ length: 30_000 }, () => 1) },
})
const WIDE = event(
  "profile:update",
  Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n])),
)
/** As many values and names as so many bytes hold: the most that parsing can cost. */
export const tangled = (bytes: number): object[] =>
  Array.from({ length: bytes / 18 }, (_, n) => ({ [`a${n}`]: { b: [] } }))
const TANGLED = event("message:send", { localId: tangled(62_000) })
/** Fields of every object, which are no commands. */
const EVERYBODYS = ["constructor", "tostring", "__proto__", "hasOwnProperty", "valueOf"]
const PAGEFUL = "漢".repeat(4_096)

export const COMMANDS: readonly Flood[] = [
  alone("complaints", "bodies of 64 KB with 30,000 mistakes each", () => COMPLAINTS, "embedded"),
  alone("tangled-bodies", "bodies of 3,400 objects within objects", () => TANGLED, "embedded"),
  alone(
    "everybodys-names",
    "commands with the names of fields that every object has",
    (n) => event(EVERYBODYS[n % EVERYBODYS.length] ?? "", {}),
    "embedded",
  ),
  alone("wide-bodies", "bodies of 5,000 unknown fields", () => WIDE),
  alone("bad-sends", "message:send that is not valid", (n) => event("message:send", { localId: n })),
  alone("unknown-commands", "commands that nobody serves", () => event("message:delete", {})),
  alone(
    "bad-logins",
    "login with a token of the right key and a wrong signature",
    (n, { assignment }) => {
      const token = mint({ ...assignment.key, secret: "wrong" }, claimsOf(`forged-${n}`))
      return event("login", { jwt: token })
    },
    "embedded",
  ),
  alone("logouts", "logout, a fresh visitor each time", () => event("logout", {})),
  spoken("profiles", "profile:update with a new name each time", () =>
    event("profile:update", { name: randomUUID() }),
  ),
  spoken("typing", "typing:start and typing:stop in turn", (conversationId, n) =>
    event(n % 2 === 0 ? "typing:start" : "typing:stop", { conversationId }),
  ),
  spoken(
    "sends",
    "message:send of 12 KB as fast as they go",
    (conversationId) =>
      event("message:send", {
        conversationId,
        localId: randomUUID(),
        content: { type: "text", text: PAGEFUL },
      }),
    10,
  ),
]
