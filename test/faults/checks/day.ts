/** A small day on which every promise was kept, to be spoilt by the tests of the checker. */
import type { DeskShown, History, Shown } from "../day-history.ts"

/** A history that may be spoilt; its own types are read-only. */
export type Spoilt<T> = { -readonly [K in keyof T]: T[K] extends object ? Spoilt<T[K]> : T[K] }
type State = Spoilt<Extract<Shown, { kind: "state" }>>
type Event = Spoilt<Extract<Shown, { kind: "event" }>>

/** Where each message of the day lies. */
const POSITIONS: Readonly<Record<string, string>> = { a: "p1", b: "p2", r: "p3", c: "p4", z: "p1" }
const PROVEN = ["b", "c", "z"]
export const message = (text: string) => ({
  id: `msg ${text}`,
  text,
  position: POSITIONS[text] ?? "p9",
  authenticated: PROVEN.includes(text),
})

export const state = (guise: Shown["guise"], userId: string, texts: string[], fallback = false): State => ({
  kind: "state",
  at: 0,
  guise,
  userId,
  reason: "connect",
  fallback,
  cursor: "",
  messages: texts.map(message),
})

export const event = (guise: Shown["guise"], userId: string, offset: number, text: string): Event => ({
  kind: "event",
  at: 0,
  guise,
  userId,
  offset,
  cursor: `${userId}~${offset}`,
  print: text,
  message: message(text),
  messages: [message(text)],
})

export const atDesk = (partition: number, offset: number, text: string): DeskShown => ({
  kind: "event",
  at: 0,
  partition,
  offset,
  print: text,
  message: { ...message(text), conversationId: `con${partition}` },
})

/**
 * Two people. The first wrote "a" as a visitor, signed in on the web, wrote "b"; the agent answered "r", and the phone
 * wrote "c". The second wrote "z".
 */
export function day(): History {
  const send = (text: string, device: string, guise: Shown["guise"], at: number, person = 0) => ({
    text,
    person,
    device,
    guise,
    by: "user" as const,
    invoked: at,
    acked: { at: at + 1, messageId: `msg ${text}` },
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
          { kind: "state", at: 0, since: [7, 8].map((offset) => ({ partition: 0, offset })) },
          atDesk(0, 7, "a"),
          atDesk(1, 1, "z"),
          atDesk(0, 8, "b"),
        ],
      },
    ],
    losses: [],
    clockSet: false,
    found: [
      {
        person: 0,
        userId: "usr",
        externalId: "person 0",
        record: { externalId: "person 0", authenticated: true },
        messages: all.map(message),
      },
      {
        person: 1,
        userId: "usr2",
        externalId: "person 1",
        record: { externalId: "person 1", authenticated: true },
        messages: [message("z")],
      },
    ],
    views: [
      { device: "web", person: 0, shows: all, fetched: all },
      { device: "phone", person: 0, shows: all, fetched: all },
      { device: "other", person: 1, shows: ["z"], fetched: ["z"] },
    ],
    deskViews: [{ desk: "ada", differs: [] }],
    revisits: [{ device: "web", person: 0, texts: [] }],
    stuck: [],
  }
}

export const spoilt = (spoil: (history: Spoilt<History>) => void): History => {
  const history = day()
  // The boundary: the same value, seen as one that may be written to.
  spoil(history as Spoilt<History>)
  return history
}

export const found = (history: Spoilt<History>, person: number) => {
  const one = history.found[person]
  if (!one) throw new Error("two people")
  return one
}
export const stream = (history: Spoilt<History>, at: number) => {
  const one = history.streams[at]
  if (!one) throw new Error("three streams")
  return one
}
export const lose = (history: Spoilt<History>, text: string): void => {
  const one = found(history, 0)
  one.messages = one.messages.filter((message) => message.text !== text)
}

/** Where it was told and where it lies. */
export const everyMessage = (history: Spoilt<History>) => [
  ...history.found.flatMap(({ messages }) => messages),
  ...history.streams.flatMap(({ shown }) => shown.flatMap(({ messages }) => messages)),
]
