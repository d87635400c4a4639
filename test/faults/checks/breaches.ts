/** Every kind of breach: how it is planted in a day that was kept, and what the checker has to say of it. */
import type { History } from "../day-history.ts"
import { atDesk, event, found, lose, message, type Spoilt, state, stream } from "./day.ts"

export const BREACHES: readonly (readonly [string, (history: Spoilt<History>) => void, RegExp])[] = [
  ["an acknowledged message that is gone", (h) => lose(h, "b"), /lost: b/],
  [
    "a message stored twice",
    (h) => found(h, 0).messages.push({ ...message("b"), id: "msg b2" }),
    /doubled: b/,
  ],
  [
    "a message stored as another than was acknowledged",
    (h) => {
      const b = found(h, 0).messages[1]
      if (b) b.id = "msg other"
    },
    /b was acknowledged as msg b and is stored as msg other/,
  ],
  ["a message that nobody sent", (h) => found(h, 1).messages.push(message("q")), /invented: q/],
  ["a send without an answer", (h) => delete h.sends[1]?.acked, /never answered: b/],
  [
    "a send refused for good",
    (h) => {
      const b = h.sends[1]
      if (b) b.refused = "internal"
    },
    /refused for good: b/,
  ],
  [
    "a history in another order than it was sent in",
    (h) => {
      const [a, b] = found(h, 0).messages
      if (a && b) [a.position, b.position] = ["p2", "p1"]
    },
    /reordered: web as sender/,
  ],
  [
    "a stream in another order than the history",
    (h) => {
      const [, , , , r, c] = stream(h, 0).shown
      if (r?.kind === "event" && c?.kind === "event") [r.message, c.message] = [message("c"), message("r")]
    },
    /reordered: web had r after c/,
  ],
  ["a hole in a stream", (h) => stream(h, 0).shown.splice(4, 1), /web heard 4 after 2/],
  [
    "an event told twice",
    (h) => stream(h, 1).shown.push(event("signed in", "usr", 4, "c")),
    /phone heard 4 after 4/,
  ],
  [
    "two devices that are told different things",
    (h) => {
      const one = stream(h, 1).shown[1]
      if (one?.kind === "event") one.print = "something else"
    },
    /heard different things at 3/,
  ],
  [
    "one number for two events, without a fail-over",
    (h) => {
      const one = stream(h, 1).shown[1]
      if (one?.kind === "event") one.cursor = "another branch"
    },
    /3 of usr is two events/,
  ],
  [
    "a hole in a console's stream",
    (h) => h.desks[0]?.shown.splice(1, 1, atDesk(0, 5, "a")),
    /ada heard 8 after 5/,
  ],
  [
    "a hole between a console's state and its first event",
    (h) => h.desks[0]?.shown.splice(1, 1),
    /ada heard 8 of partition 0 after a state up to 6/,
  ],
  [
    "somebody else's message on a device",
    (h) => stream(h, 2).shown.push(event("signed in", "usr2", 2, "b")),
    /leaked: other .* was shown b/,
  ],
  [
    "a person's message on a visitor's device",
    (h) => stream(h, 0).shown.splice(2, 0, event(1, "anon", 2, "c")),
    /leaked: web \(1\) was shown c/,
  ],
  [
    "another visit's message in a visitor's state",
    (h) => stream(h, 0).shown.splice(0, 1, state(2, "anon2", ["a"])),
    /leaked: web \(2\) was shown a/,
  ],
  [
    "a message that lies with somebody else",
    (h) => {
      const b = found(h, 0).messages.splice(1, 1)[0]
      if (b) found(h, 1).messages.push(b)
    },
    /leaked: b lies with person 1/,
  ],
  [
    "an old anonymous session that opens the person",
    (h) => h.revisits[0]?.texts.push({ text: "b", authenticated: true }),
    /the old anonymous session of web was shown b/,
  ],
  [
    "a person whose record proves nothing",
    (h) => {
      found(h, 0).record = { authenticated: false }
    },
    /person 0 signs in as person 0, and the record says undefined/,
  ],
  [
    "a visitor's message stored as proven",
    (h) => {
      const a = found(h, 0).messages[0]
      if (a) a.authenticated = true
      const one = h.signIns[0]
      if (one) one.invoked = 15
    },
    /a is stored as proven/,
  ],
  [
    "a person's message stored as not proven",
    (h) => {
      const b = found(h, 0).messages[1]
      if (b) b.authenticated = false
    },
    /b is stored not as proven/,
  ],
  [
    "a view that lacks a message",
    (h) => {
      const view = h.views[1]
      if (view) view.shows = ["a", "b", "r"]
    },
    /untold: phone does not show c/,
  ],
  [
    "a view in another order",
    (h) => {
      const view = h.views[1]
      if (view) view.shows = ["a", "r", "b", "c"]
    },
    /untold: phone shows r where b should be/,
  ],
  [
    "a view that shows a message twice",
    (h) => {
      const view = h.views[1]
      if (view) view.shows = ["a", "b", "r", "c", "c"]
    },
    /untold: phone shows a message twice/,
  ],
  [
    "a view with what is not stored",
    (h) => {
      delete h.sends[3]?.acked
      lose(h, "c")
      for (const view of h.views.slice(0, 2)) view.fetched = ["a", "b", "r"]
    },
    /untold: phone shows c, which is not stored/,
  ],
  [
    "a view with another count",
    (h) => {
      const view = h.views[1]
      if (view) view.differs = "unreadCount"
    },
    /untold: phone differs in unreadCount/,
  ],
  [
    "a state that the feed does not go on from",
    (h) =>
      stream(h, 1).shown.splice(0, 1, { ...state("signed in", "usr", ["a", "b", "r"]), cursor: "usr~3" }),
    /phone heard 3 of usr after a state up to 3/,
  ],
  [
    "a message told as another than is stored",
    (h) => {
      const one = stream(h, 1).shown[2]
      const [received] = one?.messages ?? []
      if (received) received.position = "p7"
    },
    /phone was told c as msg c at p7, proven, and the history has c as msg c at p4/,
  ],
  [
    "a message told in a state as proven, which is not",
    (h) => {
      const [received] = stream(h, 1).shown[0]?.messages ?? []
      if (received) received.authenticated = true
    },
    /phone was told a as msg a at p1, proven/,
  ],
  [
    "a message that was told, and is not stored, without a fail-over",
    (h) => {
      const received = stream(h, 0).shown[3]?.messages[0]
      if (received) received.id = "msg ghost"
    },
    /web was told b as msg ghost at p2, proven, and the history has it not/,
  ],
  [
    "a person who is two users",
    (h) => stream(h, 1).shown.push(state("signed in", "usr3", [])),
    /person 0 is usr, and was signed in as usr3/,
  ],
  [
    "a conversation in another order at a console",
    (h) => h.desks[0]?.shown.splice(1, 3, atDesk(0, 7, "b"), atDesk(0, 8, "a")),
    /reordered: ada, of con0 in partition 0, had a after b/,
  ],
  [
    "two consoles that are told different things",
    (h) => h.desks.push({ desk: "bob", shown: [{ ...atDesk(0, 8, "a") }] }),
    /bob and ada heard different things at 8 of partition 0/,
  ],
  [
    "a console that knows a ticket otherwise than it is",
    (h) => h.deskViews[0]?.differs.push("open instead of closed"),
    /untold: ada knows 1 tickets otherwise than they are: open instead of closed/,
  ],
  ["a frame that breaks a rule", (h) => stream(h, 1).breaches.push("no event"), /phone: no event/],
  [
    "a day that did not come to rest",
    (h) => h.stuck.push("phone is not signed in"),
    /phone is not signed in/,
  ],
]
