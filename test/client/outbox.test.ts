import { describe, expect, it } from "vitest"
import { ClientError } from "../../src/client/client-error.ts"
import type { Owner } from "../../src/client/draft-owner.ts"
import * as box from "../../src/client/outbox.ts"
import { said } from "./sample-views.ts"

const anna: Owner = { userId: "usr_anna" }
const ben: Owner = { userId: "usr_ben", externalId: "ben" }
const cleo: Owner = { userId: "usr_cleo", externalId: "cleo" }
const busy = new ClientError("unavailable", "", true)
const expired = new ClientError("token_expired", "", true)
const consumed = new ClientError("session_consumed", "")
const poison = new ClientError("bad_request", "", false)

const draft = (localId: string, owner?: Owner): box.Draft => ({
  body: { localId, content: { type: "text", text: localId } },
  typedAt: 0,
  ...(owner && { owner }),
})
const typed = (owner: Owner | undefined, ...names: string[]): box.Outbox =>
  box.restore(
    box.EMPTY,
    names.map((name) => draft(name, owner)),
  )
const names = (entries: readonly box.Draft[]): string[] => entries.map(box.localIdOf)
const states = (outbox: box.Outbox): string[] => outbox.map(({ body, state }) => `${body.localId} ${state}`)
const refuse = (outbox: box.Outbox, localId: string, error: ClientError, now = 0): box.Outbox =>
  box.refuse(
    outbox,
    localId,
    outbox.find((entry) => box.localIdOf(entry) === localId)?.attempt ?? 0,
    error,
    now,
    0.2,
  )

describe("sending", () => {
  it("goes in order, at most `window` unanswered", () => {
    const one = box.next(typed(anna, "a", "b", "c"), anna, 0, 2)
    expect(names(one.send)).toEqual(["a", "b"])
    expect(box.next(one.outbox, anna, 0, 2).send).toEqual([])
    expect(names(box.next(box.settle(one.outbox, "a"), anna, 0, 2).send)).toEqual(["c"])
  })

  it("waits after a retryable refusal, the others behind it, and then goes alone", () => {
    const waiting = refuse(box.next(typed(anna, "a", "b"), anna, 0, 1).outbox, "a", busy, 1000)
    expect(box.next(waiting, anna, 1050, 8)).toMatchObject({ send: [], wakeAt: 1100 })
    const again = box.next(waiting, anna, 1100, 8)
    expect(names(again.send)).toEqual(["a"])
    expect(box.next(again.outbox, anna, 1100, 8).send).toEqual([])
    expect(names(box.next(box.settle(again.outbox, "a"), anna, 1100, 8).send)).toEqual(["b"])
  })

  it("goes at once where the clock was set back behind the refusal: how long it has waited is not known", () => {
    const waiting = refuse(box.next(typed(anna, "a"), anna, 7_200_000, 1).outbox, "a", busy, 7_200_000)
    expect(names(box.next(waiting, anna, 1_000, 8).send)).toEqual(["a"])
  })

  it("gives up what fails by a fault of the hub again and again, and lets the others go", () => {
    const fault = new ClientError("internal", "", true)
    let outbox = typed(anna, "a", "b")
    for (const now of [0, 10_000, 20_000])
      outbox = refuse(box.next(outbox, anna, now, 1).outbox, "a", fault, now)
    expect(states(outbox)).toEqual(["a failed", "b waiting"])
    expect(names(box.next(outbox, anna, 30_000, 1).send)).toEqual(["b"])
    const tired = typed(anna, "a")
    const mixed = [fault, fault, busy, fault, fault].reduce(
      (before, error, n) => refuse(box.next(before, anna, n * 10_000, 1).outbox, "a", error, n * 10_000),
      tired,
    )
    expect(states(mixed)).toEqual(["a waiting"])
  })

  it("waits longer each time, and as long as the hub says", () => {
    const once = refuse(box.next(typed(anna, "a"), anna, 0, 1).outbox, "a", busy, 0)
    const twice = refuse(box.next(once, anna, 100, 1).outbox, "a", busy, 100)
    expect(box.next(twice, anna, 150, 1).wakeAt).toBe(300)
    const received = new ClientError("rate_limited", "", true, 5000)
    expect(
      box.next(refuse(box.next(typed(anna, "a"), anna, 0, 1).outbox, "a", received, 0), anna, 1, 1).wakeAt,
    ).toBe(5000)
  })

  it("repeats the same localId after a lost connection, at once", () => {
    const away = box.disconnected(box.next(typed(anna, "a", "b"), anna, 0, 2).outbox)
    expect(names(box.next(away, anna, 1, 2).send)).toEqual(["a", "b"])
  })

  it("ignores the failure of an earlier attempt", () => {
    const second = box.next(
      box.disconnected(box.next(typed(anna, "a"), anna, 0, 1).outbox),
      anna,
      0,
      1,
    ).outbox
    expect(states(box.refuse(second, "a", 1, poison, 0, 0))).toEqual(["a sending"])
  })

  it("lets the others go on when one is refused for good", () => {
    const failed = refuse(box.next(typed(anna, "a", "b"), anna, 0, 1).outbox, "a", poison)
    expect(states(failed)).toEqual(["a failed", "b waiting"])
    expect(names(box.next(failed, anna, 0, 1).send)).toEqual(["b"])
  })

  it.each([expired, consumed])("waits for a login after $code, without delay", (error) => {
    const waiting = refuse(box.next(typed(anna, "a"), anna, 0, 1).outbox, "a", error)
    expect(names(box.next(waiting, anna, 0, 1).send)).toEqual(["a"])
  })

  it("is not repeated when the hub may have forgotten the first time", () => {
    const sent = box.disconnected(box.next(typed(anna, "a", "b"), anna, 0, 1).outbox)
    const turn = box.next(sent, anna, box.REPEATS_KNOWN_MS + 1, 1)
    expect(names(turn.expired)).toEqual(["a"])
    expect(names(turn.send)).toEqual(["b"])
  })

  it("is over when the feed shows the message, whatever became of the acknowledgement", () => {
    const sending = box.next(typed(anna, "a"), anna, 0, 1).outbox
    const own = said(1, { localId: "a", source: { channel: "web", deviceId: "device" } })
    expect(box.storedOf(sending, [own], "device")).toEqual([own])
    expect(box.storedOf(sending, [own], "another")).toEqual([])
  })

  it("after a reload begins with what was typed before it, each once", () => {
    const outbox = box.restore(typed(undefined, "c"), [draft("a"), draft("b"), draft("c")])
    expect(names(outbox)).toEqual(["a", "b", "c"])
  })
})

describe("[P4] whose a draft is", () => {
  const verdicts = (
    outbox: box.Outbox,
    before: Owner | undefined,
    now: Owner,
    reason: "connect" | "login" | "logout" | "merge" = "login",
  ) => {
    const { outbox: kept, rejected } = box.identify(outbox, before, now, reason)
    return { sent: names(box.next(kept, now, 0, 9).send), rejected: names(rejected), kept: names(kept) }
  }

  it("the visitor's goes along when they sign in", () => {
    expect(verdicts(typed(anna, "a"), anna, ben)).toMatchObject({ sent: ["a"], rejected: [] })
    expect(verdicts(typed(anna, "a"), anna, { userId: "usr_anna", externalId: "anna" })).toMatchObject({
      sent: ["a"],
    })
    expect(verdicts(typed(undefined, "a"), undefined, ben)).toMatchObject({ sent: ["a"] })
  })

  it("one person's is never another's", () => {
    expect(verdicts(typed(ben, "a"), ben, cleo)).toEqual({ sent: [], rejected: ["a"], kept: [] })
    expect(verdicts(typed(ben, "a"), ben, anna, "logout")).toEqual({ sent: [], rejected: ["a"], kept: [] })
    expect(verdicts(typed(anna, "a"), anna, { userId: "usr_new" }, "logout")).toMatchObject({
      rejected: ["a"],
    })
  })

  it("a signed-in person's waits, unsent, while a reloaded page does not know yet who is there", () => {
    expect(verdicts(typed(ben, "a"), undefined, anna, "connect")).toEqual({
      sent: [],
      rejected: [],
      kept: ["a"],
    })
    const held = box.identify(typed(ben, "a"), undefined, anna, "connect").outbox
    expect(verdicts(held, anna, ben)).toMatchObject({ sent: ["a"] })
    expect(verdicts(held, anna, cleo)).toMatchObject({ sent: [], rejected: ["a"] })
  })

  it("the same person's stays when a merge gave them another id", () => {
    expect(
      verdicts(typed(ben, "a"), ben, { userId: "usr_survivor", externalId: "ben" }, "connect"),
    ).toMatchObject({ sent: ["a"] })
    expect(verdicts(typed(ben, "a"), ben, cleo, "merge")).toMatchObject({ sent: ["a"] })
  })

  it("a visitor's who signed in unheard waits for that person, and is neither the next visitor's nor another's", () => {
    const next: Owner = { userId: "usr_next" }
    const record = { consumed: anna.userId, consumedAs: "ben" }
    const held = box.identify(typed(anna, "a"), undefined, next, "connect", record)
    expect([names(box.next(held.outbox, next, 0, 9).send), names(held.outbox)]).toEqual([[], ["a"]])
    const as = (now: Owner, known = record) => {
      const { outbox, rejected } = box.identify(held.outbox, next, now, "login", known)
      return { sent: names(box.next(outbox, now, 0, 9).send), rejected: names(rejected) }
    }
    expect(as(ben)).toEqual({ sent: ["a"], rejected: [] })
    expect(as(cleo)).toEqual({ sent: [], rejected: ["a"] })
  })

  it("a failed one of another person vanishes with them", () => {
    const failed = refuse(box.next(typed(ben, "a"), ben, 0, 1).outbox, "a", poison)
    expect(box.identify(failed, ben, cleo, "login").outbox).toEqual([])
  })
})
