/** Connection and identity, decided: given, when, then. */
import { describe, expect, it } from "vitest"
import { obstacle, statusOf } from "../../src/client/client-state.ts"
import { Given, jwt, refusal } from "./given.ts"
import { person, state } from "./sample-views.ts"

const given = (settings?: ConstructorParameters<typeof Given>[0]): Given => new Given(settings)
const ofBen = { user: person("usr_ben", "ben"), reason: "login" as const }

describe("coming in", () => {
  it("waits for the storage, then reads the session in its turn", () => {
    given().when({ type: "connect" }).is("connecting").does("end")
    given().when({ type: "connect" }).when({ type: "loaded" }).does("end", "readSession")
  })

  it("keeps the lock while a session is made, and stores it before it lets go", () => {
    const fresh = given().connecting().does("open").ready()
    fresh.does("introduce", "writeRecord", "share", "unlock", "connected").is("live")
    expect(fresh.one("writeRecord").record).toMatchObject({ sessionToken: "session", userId: "usr_anna" })
  })

  it("lets go at once where the browser has a session", () => {
    const known = given().connecting({ generation: "g", sessionToken: "old", userId: "usr_anna" })
    known.does("unlock", "open")
    expect(known.one("open")).toMatchObject({ sessionToken: "old" })
  })

  it("tries again after a retryable refusal, and says so", () => {
    const waiting = given()
      .connecting()
      .when({ type: "refused", run: 2, error: refusal("unavailable", true) })
    waiting.is("waiting").does("end", "startTimer")
    waiting.when({ type: "timer", name: "retry" }).is("connecting")
  })

  it("stays away after a final refusal, until the host acts", () => {
    const away = given()
      .connecting()
      .when({ type: "refused", run: 2, error: refusal("app_not_found") })
    away.is("refused").does("end", "complain", "connected")
    away.when({ type: "woke" }).is("refused")
    away.when({ type: "connect" }).is("connecting")
  })

  it("does not hear what belongs to an earlier attempt", () => {
    const second = given()
      .connecting()
      .when({ type: "lost", run: 2, error: refusal("offline", true) })
    second.when({ type: "timer", name: "retry" }).reads({})
    const before = second.state
    second.when({ type: "ready", run: 2, state: state() }).does()
    expect(second.state).toEqual(before)
  })

  it("waits as long as a hub that drains says", () => {
    const drained = given()
      .visitor()
      .when({ type: "reconnect", data: { afterMs: 9_000, reason: "drain" } })
    drained.when({ type: "lost", run: drained.state.run, error: refusal("offline", true) })
    expect(drained.one("startTimer").ms).toBeGreaterThanOrEqual(9_000)
  })

  it("begins anew without a session that is over, and forgets drafts only if a sign-in has consumed the session", () => {
    const record = { generation: "g", sessionToken: "old", userId: "usr_anna" }
    const invalid = given().connecting(record)
    invalid.when({ type: "refused", run: 2, error: refusal("session_invalid") })
    invalid.does("dropSession", "end", "readSession")
    const consumed = given().connecting(record)
    consumed.when({ type: "refused", run: 2, error: refusal("session_consumed") })
    consumed.does("forget", "dropSession", "end", "readSession")
  })

  it("after close nothing comes back to life", () => {
    const over = given().visitor().when({ type: "close" })
    over.is("closed")
    for (const happening of [{ type: "woke" }, { type: "timer", name: "retry" }, { type: "loaded" }] as const)
      over.when(happening).does().is("closed")
    over.when({ type: "connect" }).does("connected")
    expect(over.when({ type: "login", id: 9 }).one("settled").result).toMatchObject({ code: "closed" })
    expect(over.when({ type: "logout", id: 9, everywhere: false }).one("settled").result).toMatchObject({
      code: "closed",
    })
  })
})

describe("signing in", () => {
  it("before connecting goes along with the handshake, without asking the host twice", () => {
    const early = given().when({ type: "login", id: 1 }).does("readRecord", "fetchToken").fetched(jwt("ben"))
    early.connecting().does("unlock", "open")
    expect(early.one("open").jwt).toBe(jwt("ben"))
    early.ready({ ...ofBen, login: { outcome: "signed_in", expiresAt: 9 } })
    expect(early.one("settled").result).toEqual({ outcome: "signed_in", expiresAt: 9 })
  })

  it.each([
    ["nobody is signed in", undefined, "not_signed_in"],
    ["the host fails", refusal("token_unavailable", true), "token_unavailable"],
  ] as const)("settles where %s, and the visitor's chat goes on", (_, token, code) => {
    const asked = given().when({ type: "login", id: 1 }).connecting().fetched(token)
    expect(asked.one("settled").result).toMatchObject({ code })
    asked.reads({}).does("open").ready().is("live")
  })

  it("[P4] of a visitor who was about to sign in as another waits until the hub has said whether they have", () => {
    const record = { generation: "0~a", sessionToken: "session", userId: "usr_visitor", presented: "ben" }
    const opened = (token: string) =>
      given().when({ type: "login", id: 1 }).fetched(token).connecting(record).one("open")
    expect(opened(jwt("ben"))).toMatchObject({ sessionToken: "session", jwt: jwt("ben") })
    expect(opened(jwt("cleo"))).toMatchObject({ sessionToken: "session", jwt: undefined })
  })

  it("settles before there is a connection, where the host has no token", () => {
    expect(given().when({ type: "login", id: 1 }).fetched(undefined).one("settled").result).toMatchObject({
      code: "not_signed_in",
    })
  })

  it("does not keep a visitor waiting for a slow host", () => {
    const slow = given().when({ type: "login", id: 1 }).connecting()
    slow.when({ type: "timer", name: "grace" }, 3_000).reads({}).does("open").ready().is("live")
    slow.fetched(jwt("ben")).does("writeRecord", "share", "login")
    expect(slow.answered("upgraded", "ben").one("settled").result).toMatchObject({ outcome: "upgraded" })
  })

  it("with a token that the hub refuses changes nothing, and settles", () => {
    const refused = given().visitor().when({ type: "login", id: 1 }).fetched(jwt("ben"))
    refused.refused(refusal("token_expired", true))
    expect(refused.one("settled").result).toMatchObject({ code: "token_expired" })
    refused.is("live")
    expect(refused.state.own).toBeUndefined()
  })

  it("at the door with a token that the hub refuses goes in as the visitor", () => {
    const atTheDoor = given().when({ type: "login", id: 1 }).connecting().fetched(jwt("ben")).reads({})
    atTheDoor.when({ type: "refused", run: atTheDoor.state.run, error: refusal("signature_invalid") })
    expect(atTheDoor.one("settled").result).toMatchObject({ code: "signature_invalid" })
    atTheDoor.reads({}).does("open").ready().is("live")
  })

  it("is tried again while the hub is busy, but not for ever", () => {
    const busy = given().visitor().when({ type: "login", id: 1 }).fetched(jwt("ben"))
    busy.refused(refusal("unavailable", true)).does("tell", "startTimer", "readRecord")
    busy.when({ type: "timer", name: "effort" }, 25_000).fetched(jwt("ben", 1))
    expect(busy.refused(refusal("unavailable", true)).one("settled").result).toMatchObject({
      code: "unavailable",
    })
  })

  it("can be cancelled until the token is on its way", () => {
    const cancelled = given().visitor().when({ type: "login", id: 1 }).when({ type: "cancelLogin", id: 1 })
    expect(cancelled.one("settled").result).toMatchObject({ code: "cancelled" })
    cancelled.fetched(jwt("ben")).does()
    given()
      .visitor()
      .when({ type: "login", id: 1 })
      .fetched(jwt("ben"))
      .when({ type: "cancelLogin", id: 1 })
      .does()
  })

  it("a later call takes the place of an earlier one", () => {
    const twice = given().visitor().when({ type: "login", id: 1 }).when({ type: "login", id: 2 })
    expect(twice.one("settled")).toMatchObject({ id: 1, result: { code: "identity_changed" } })
  })

  it("holds everything else back while the hub has not answered", () => {
    const asking = given().visitor().when({ type: "login", id: 1 }).fetched(jwt("ben"))
    expect(asking.state.busy).toBe(1)
    expect(asking.answered("upgraded", "ben").state.busy).toBe(0)
  })

  it("[P4] as another user begins a new generation, so that every tab forgets the first", () => {
    const ben = given().signedIn()
    const { generation } = ben.state.record
    ben.when({ type: "login", id: 2 }).fetched(jwt("cleo")).answered("switched", "cleo")
    expect(ben.state.record.externalId).toBe("cleo")
    expect(ben.state.record.generation).not.toBe(generation)
  })
})

describe("a proof that stops being good", () => {
  it("is renewed by the host before it ends", () => {
    const expiring = given()
      .signedIn()
      .when({ type: "expiring", data: { expiresAt: 9 } })
    expect(expiring.received).toEqual(["expiring"])
    expiring.fetched(jwt("ben", 1)).answered("refreshed", "ben").is("live")
    expect(expiring.all("tell")[0]?.event).toMatchObject({ type: "login", via: "renewal" })
  })

  it("is not presented once more where the host gives the same before it ends, and its end is waited for", () => {
    const ben = given()
      .signedIn()
      .when({ type: "expiring", data: { expiresAt: 9 } })
    ben.fetched(jwt("ben")).does().is("live")
    ben.when({ type: "expired" }).does("tell", "fetchToken").fetched(jwt("ben")).does("login")
  })

  it("and is not replaced for long: whoever looks at it is told, and the host is asked further", () => {
    const ben = given().signedIn().when({ type: "expired" })
    const passes = (ms: number) =>
      ben
        .when({ type: "timer", name: "effort" }, ms)
        .does("fetchToken")
        .fetched(jwt("ben"))
        .refused(refusal("token_expired", true))
    ben.fetched(jwt("ben")).refused(refusal("token_expired", true)).does("tell", "startTimer", "readRecord")
    passes(19_000)
    expect(statusOf(ben.state)).toEqual({ state: "expired", renewing: true })
    expect(passes(2_000).received).toEqual(["token_failed", "required"])
    expect(statusOf(ben.state)).toEqual({ state: "expired", renewing: false })
    expect(passes(2_000).received).toEqual(["token_failed"])
    ben.when({ type: "timer", name: "effort" }).fetched(jwt("ben", 1)).answered("refreshed", "ben").is("live")
  })

  it("asks the other tabs before it asks for a sign-in", () => {
    const parked = given().visitor().when({ type: "parked" })
    expect(statusOf(parked.state)).toMatchObject({ state: "parked", renewing: true })
    expect(parked.one("share").news).toEqual({ type: "ask" })
    expect(parked.received).toEqual([])
    parked.when({ type: "timer", name: "ask" })
    expect(parked.received).toEqual(["required"])
    expect(obstacle(parked.state)?.code).toBe("session_consumed")
  })

  it("follows a tab that answers, and nothing flashes", () => {
    const parked = given().visitor().when({ type: "parked" })
    const generation = parked.state.record.generation ?? ""
    const news = { type: "login" as const, jwt: jwt("ben"), since: parked.at, generation }
    parked.when({ type: "tabNews", news }).does("stopTimer", "writeRecord", "share", "login")
    parked.answered("signed_in", "ben").is("live")
    parked.when({ type: "timer", name: "ask" }).does()
  })

  it("without other tabs says at once that a sign-in is needed", () => {
    expect(given({ alone: true }).visitor().when({ type: "parked" }).received).toEqual(["required"])
  })

  it("revoked, it looks first whether another tab signed out, and then asks the host once", () => {
    const revoked = given()
      .signedIn()
      .when({ type: "revoked", data: { reason: "logout" } })
    expect(revoked.one("readRecord").inTurn).toBe(true)
    revoked.when({ type: "recordRead", record: revoked.state.record }).does("fetchToken")
    revoked
      .fetched(jwt("ben", 1))
      .refused(refusal("token_revoked"))
      .does("tell", "forget", "tell", "readRecord")
      .is("revoked")
    expect(obstacle(revoked.state)?.code).toBe("token_revoked")
  })

  it("by another tab's sign-out begins anew as the visitor that tab made", () => {
    const revoked = given()
      .signedIn()
      .when({ type: "revoked", data: { reason: "logout" } })
    const record = { generation: "next", sessionToken: "fresh", userId: "usr_new" }
    revoked.when({ type: "recordRead", record }).does("forget", "tell", "end", "readSession")
    expect(revoked.reads(record).one("open").sessionToken).toBe("fresh")
  })
})
