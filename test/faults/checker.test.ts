/** The checker must be able to fail: a kept history passes, and each kind of breach, planted once, is found and named. */
import { describe, expect, it } from "vitest"
import { check } from "./checker.ts"
import type { History, Shown } from "./history.ts"

/** A history that may be spoilt; its own types are read-only. */
type Spoilt<T> = { -readonly [K in keyof T]: T[K] extends object ? Spoilt<T[K]> : T[K] }
type State = Spoilt<Extract<Shown, { kind: "state" }>>
type Event = Spoilt<Extract<Shown, { kind: "event" }>>

const state = (guise: Shown["guise"], userId: string, texts: string[], fallback = false): State => ({
  kind: "state",
  at: 0,
  guise,
  userId,
  reason: "connect",
  fallback,
  texts,
})

const event = (guise: Shown["guise"], userId: string, offset: number, text: string): Event => ({
  kind: "event",
  at: 0,
  guise,
  userId,
  offset,
  cursor: `${userId}~${offset}`,
  print: text,
  message: { id: `msg ${text}`, text },
  texts: [text],
})

/**
 * Two people. The first wrote "a" as a visitor, signed in on the web, wrote "b"; the agent answered "r", and the phone
 * wrote "c". The second wrote "z".
 */
function day(): History {
  const send = (text: string, device: string, guise: Shown["guise"], at: number, person = 0) => ({
    text,
    person,
    device,
    guise,
    by: "user" as const,
    invoked: at,
    acked: { at: at + 1, messageId: `msg ${text}` },
  })
  const stored = (text: string, position: number, authenticated: boolean) => ({
    id: `msg ${text}`,
    text,
    position: `p${position}`,
    authenticated,
  })
  const all = ["a", "b", "r", "c"]
  return {
    sends: [
      send("a", "web", 1, 10),
      send("b", "web", "signed in", 30),
      { ...send("r", "web", "signed in", 40), by: "agent" },
      send("c", "phone", "signed in", 50),
      send("z", "other", "signed in", 60, 1),
    ],
    signIns: [{ device: "web", person: 0, from: 1, invoked: 20, acked: 25 }],
    streams: [
      {
        device: "web",
        person: 0,
        breaches: [],
        shown: [
          state(1, "anon", []),
          event(1, "anon", 1, "a"),
          state("signed in", "usr", ["a"]),
          event("signed in", "usr", 2, "b"),
          event("signed in", "usr", 3, "r"),
          event("signed in", "usr", 4, "c"),
        ],
      },
      {
        device: "phone",
        person: 0,
        breaches: [],
        shown: [
          state("signed in", "usr", ["a", "b"]),
          event("signed in", "usr", 3, "r"),
          event("signed in", "usr", 4, "c"),
        ],
      },
      {
        device: "other",
        person: 1,
        breaches: [],
        shown: [state("signed in", "usr2", []), event("signed in", "usr2", 1, "z")],
      },
    ],
    desks: [
      {
        desk: "ada",
        shown: [
          { kind: "state" },
          { kind: "event", partition: 0, offset: 7, print: "x" },
          { kind: "event", partition: 1, offset: 1, print: "y" },
          { kind: "event", partition: 0, offset: 8, print: "z" },
        ],
      },
    ],
    losses: [],
    found: [
      {
        person: 0,
        userId: "usr",
        externalId: "person 0",
        record: { externalId: "person 0", authenticated: true },
        messages: [stored("a", 1, false), stored("b", 2, true), stored("r", 3, false), stored("c", 4, true)],
      },
      {
        person: 1,
        userId: "usr2",
        externalId: "person 1",
        record: { externalId: "person 1", authenticated: true },
        messages: [stored("z", 1, true)],
      },
    ],
    views: [
      { device: "web", person: 0, shows: all, fetched: all },
      { device: "phone", person: 0, shows: all, fetched: all },
      { device: "other", person: 1, shows: ["z"], fetched: ["z"] },
    ],
    revisits: [{ device: "web", person: 0, texts: [] }],
    stuck: [],
  }
}

const spoilt = (spoil: (history: Spoilt<History>) => void): History => {
  const history = day()
  // The boundary: the same value, seen as one that may be written to.
  spoil(history as Spoilt<History>)
  return history
}

const found = (history: Spoilt<History>, person: number) => {
  const one = history.found[person]
  if (!one) throw new Error("two people")
  return one
}
const stream = (history: Spoilt<History>, at: number) => {
  const one = history.streams[at]
  if (!one) throw new Error("three streams")
  return one
}
const lose = (history: Spoilt<History>, text: string): void => {
  const one = found(history, 0)
  one.messages = one.messages.filter((message) => message.text !== text)
}

describe("the checker", () => {
  it("finds nothing in a day on which every promise was kept", () => {
    expect(check(day())).toEqual({
      sent: 5,
      acked: 5,
      deliveries: 10,
      lost: 0,
      doubled: 0,
      reordered: 0,
      leaked: 0,
      untold: 0,
      resets: 0,
      complaints: [],
    })
  })

  const planted: readonly (readonly [string, (history: Spoilt<History>) => void, RegExp])[] = [
    ["an acknowledged message that is gone", (h) => lose(h, "b"), /lost: b/],
    [
      "a message stored twice",
      (h) => found(h, 0).messages.push({ id: "msg b2", text: "b", position: "p9", authenticated: true }),
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
    [
      "a message that nobody sent",
      (h) => found(h, 1).messages.push({ id: "msg q", text: "q", position: "p9", authenticated: true }),
      /invented: q/,
    ],
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
        const [, , r, c] = found(h, 0).messages
        if (r && c) [r.position, c.position] = ["p4", "p3"]
      },
      /reordered: (web|phone) had/,
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
      (h) => h.desks[0]?.shown.splice(1, 1, { kind: "event", partition: 0, offset: 5, print: "" }),
      /ada heard 8 after 5/,
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
      "a view with another count",
      (h) => {
        const view = h.views[1]
        if (view) view.differs = "unreadCount"
      },
      /untold: phone differs in unreadCount/,
    ],
    ["a frame that breaks a rule", (h) => stream(h, 1).breaches.push("no event"), /phone: no event/],
    [
      "a day that did not come to rest",
      (h) => h.stuck.push("phone is not signed in"),
      /phone is not signed in/,
    ],
  ]
  it.each(planted)("names %s", (_, spoil, says) => {
    const { complaints } = check(spoilt(spoil))
    expect(complaints.join("\n")).toMatch(says)
  })

  /** In which "c" was lost after a fail-over. */
  const failOver = (h: Spoilt<History>): void => {
    h.losses.push({ from: 45, to: 55 })
    lose(h, "c")
  }

  it("excuses what a fail-over lost, if every device was told", () => {
    const verdict = check(
      spoilt((h) => {
        failOver(h)
        for (const view of h.views.slice(0, 2)) {
          view.shows = ["a", "b", "r"]
          view.fetched = ["a", "b", "r"]
        }
        stream(h, 0).shown.push(state("signed in", "usr", ["a", "b", "r"], true))
      }),
    )
    expect(verdict).toMatchObject({ lost: 1, untold: 0, resets: 1, complaints: [] })
  })

  it("names what a fail-over lost and a device still shows", () => {
    const verdict = check(
      spoilt((h) => {
        failOver(h)
        for (const view of h.views.slice(0, 2)) view.fetched = ["a", "b", "r"]
      }),
    )
    expect(verdict).toMatchObject({ lost: 1, untold: 2 })
    expect(verdict.complaints.join("\n")).toMatch(/untold: phone shows c, which is lost/)
  })

  it("does not excuse what was lost at another time", () => {
    const { complaints } = check(
      spoilt((h) => {
        failOver(h)
        lose(h, "b")
      }),
    )
    expect(complaints.join("\n")).toMatch(/lost: b/)
  })
})
