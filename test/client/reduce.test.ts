/** Connection and identity, decided: given, when, then. */
import { describe, expect, it } from "vitest"
import { obstacle, statusOf } from "../../src/client/client-state.ts"
import { isLater, mayReplace } from "../../src/client/session-record.ts"
import { Given, jwt, refusal } from "./given.ts"
import { anonymous, person, state } from "./words.ts"

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
    away.is("refused").does("end", "complain", "connectFailed")
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

  it("begins anew without a session that is over, and forgets drafts only if the visitor became somebody", () => {
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
    over.when({ type: "connect" }).does("connectFailed")
    expect(over.when({ type: "login", id: 9 }).one("loginSettled").result).toMatchObject({ code: "closed" })
    expect(over.when({ type: "logout", id: 9, everywhere: false }).one("logoutSettled").error?.code).toBe(
      "closed",
    )
  })
})

describe("signing in", () => {
  it("before connecting goes along with the handshake, without asking the host twice", () => {
    const early = given().when({ type: "login", id: 1 }).does("fetchToken").fetched(jwt("ben"))
    early.connecting().does("unlock", "open")
    expect(early.one("open").jwt).toBe(jwt("ben"))
    early.ready({ ...ofBen, login: { outcome: "signed_in", expiresAt: 9 } })
    expect(early.one("loginSettled").result).toEqual({ outcome: "signed_in", expiresAt: 9 })
  })

  it.each([
    ["nobody is signed in", undefined, "not_signed_in"],
    ["the host fails", refusal("token_unavailable", true), "token_unavailable"],
  ] as const)("settles where %s, and the visitor's chat goes on", (_, token, code) => {
    const asked = given().when({ type: "login", id: 1 }).connecting().fetched(token)
    expect(asked.one("loginSettled").result).toMatchObject({ code })
    asked.reads({}).does("open").ready().is("live")
  })

  it("settles before there is a connection, where the host has no token", () => {
    expect(
      given().when({ type: "login", id: 1 }).fetched(undefined).one("loginSettled").result,
    ).toMatchObject({
      code: "not_signed_in",
    })
  })

  it("does not keep a visitor waiting for a slow host", () => {
    const slow = given().when({ type: "login", id: 1 }).connecting()
    slow.when({ type: "timer", name: "grace" }, 3_000).reads({}).does("open").ready().is("live")
    slow.fetched(jwt("ben")).does("login")
    expect(slow.answered("upgraded", "ben").one("loginSettled").result).toMatchObject({ outcome: "upgraded" })
  })

  it("with a token that the hub refuses changes nothing, and settles", () => {
    const refused = given().visitor().when({ type: "login", id: 1 }).fetched(jwt("ben"))
    refused.refused(refusal("token_expired", true))
    expect(refused.one("loginSettled").result).toMatchObject({ code: "token_expired" })
    refused.is("live")
    expect(refused.state.own).toBeUndefined()
  })

  it("at the door with a token that the hub refuses goes in as the visitor", () => {
    const atTheDoor = given().when({ type: "login", id: 1 }).connecting().fetched(jwt("ben")).reads({})
    atTheDoor.when({ type: "refused", run: atTheDoor.state.run, error: refusal("signature_invalid") })
    expect(atTheDoor.one("loginSettled").result).toMatchObject({ code: "signature_invalid" })
    atTheDoor.reads({}).does("open").ready().is("live")
  })

  it("is tried again while the hub is busy, but not for ever", () => {
    const busy = given().visitor().when({ type: "login", id: 1 }).fetched(jwt("ben"))
    busy.refused(refusal("unavailable", true)).does("tell", "startTimer", "readRecord")
    busy.when({ type: "timer", name: "effort" }, 25_000).fetched(jwt("ben", 1))
    expect(busy.refused(refusal("unavailable", true)).one("loginSettled").result).toMatchObject({
      code: "unavailable",
    })
  })

  it("can be cancelled until the token is on its way", () => {
    const cancelled = given().visitor().when({ type: "login", id: 1 }).when({ type: "cancelLogin", id: 1 })
    expect(cancelled.one("loginSettled").result).toMatchObject({ code: "cancelled" })
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
    expect(twice.one("loginSettled")).toMatchObject({ id: 1, result: { code: "identity_changed" } })
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
    parked.when({ type: "tabNews", news }).does("stopTimer", "login")
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

describe("other tabs", () => {
  const inGeneration = (news: { jwt: string; since: number }, generation = "") =>
    ({ type: "tabNews", news: { type: "login", generation, ...news } }) as const

  it("a visitor follows a sign-in elsewhere, and does not share it once more", () => {
    const visitor = given().visitor()
    const generation = visitor.state.record.generation ?? ""
    visitor.when(inGeneration({ jwt: jwt("ben"), since: visitor.at }, generation)).does("stopTimer", "login")
    visitor.answered("signed_in", "ben")
    expect(visitor.all("share").filter(({ news }) => news.type === "login")).toEqual([])
  })

  it("where the host said that nobody is signed in, an older sign-in of another tab counts for nothing", () => {
    const visitor = given().visitor()
    const since = visitor.at
    visitor.when({ type: "login", id: 1 }).fetched(undefined)
    visitor.when(inGeneration({ jwt: jwt("ben"), since }, visitor.state.record.generation)).does()
  })

  it("news of another generation is looked up first", () => {
    given()
      .visitor()
      .when(inGeneration({ jwt: jwt("ben"), since: 1 }, "another"))
      .does("readRecord")
  })

  it("that made a session of their own are one visitor again: the stored one", () => {
    const record = { generation: "tag4", sessionToken: "theirs", userId: "usr_theirs" }
    const visitor = given().visitor()
    visitor.when({
      type: "recordRead",
      record: { ...record, generation: visitor.state.record.generation ?? "" },
    })
    visitor.does("end", "readSession")
  })

  it("a signed-in tab gives its token to those who ask, while it is good", () => {
    const ben = given().signedIn()
    expect(ben.when({ type: "tabNews", news: { type: "ask" } }).one("share").news).toMatchObject({
      type: "login",
      jwt: jwt("ben"),
    })
    ben.when({ type: "tabNews", news: { type: "ask" } }, 7_200_000).does()
  })

  it("[P4] that signed in as somebody else at the same moment was first: the others follow this one", () => {
    const ben = given().signedIn()
    const { generation = "" } = ben.state.record
    ben.when({ type: "recordRead", record: { generation, externalId: "cleo" } })
    ben.does("writeRecord", "share", "share").is("live")
    const { record } = ben.one("writeRecord")
    expect(record.externalId).toBe("ben")
    expect(mayReplace({ generation, externalId: "cleo" }, { generation, externalId: "ben" })).toBe(false)
    expect(mayReplace({ generation, externalId: "cleo" }, record)).toBe(true)
  })

  it("[P4] what the storage says while a sign-in is on its way counts once the hub has answered", () => {
    const { generation = "" } = given().visitor().state.record
    const ben = given().visitor().when({ type: "login", id: 1 }).fetched(jwt("ben"))
    const answer = ben.one("login")
    // Another tab signed in as Cleo: this one is parked, and its own token is on its way already.
    ben.when({ type: "parked" }).does()
    ben.when({ type: "recordRead", record: { generation, externalId: "cleo" } }).does()
    ben.effects = [answer]
    ben.answered("signed_in", "ben").is("live")
    expect(ben.one("readRecord")).toEqual({ do: "readRecord", inTurn: false })
    ben.when({ type: "recordRead", record: { generation, externalId: "cleo" } })
    expect(isLater(ben.one("writeRecord").record, { generation })).toBe(true)
  })

  it("[P4] an earlier generation, stored by a tab that did not know better, is written over", () => {
    const left = given().signedIn()
    const { record: before } = left.state
    left.when({ type: "logout", id: 2, everywhere: false })
    const { record } = left.state
    left.when({ type: "recordRead", record: before })
    expect(left.one("writeRecord").record).toEqual(record)
    expect(mayReplace(before, record)).toBe(true)
    expect(mayReplace(record, before)).toBe(false)
  })

  it("a storage that was emptied is written again", () => {
    given().visitor().when({ type: "recordRead", record: {} }).does("writeRecord", "share").is("live")
  })

  it("[P4] after a switch elsewhere a tab without a token of the new user asks, and then stays out", () => {
    const ben = given().signedIn()
    ben.when({ type: "recordRead", record: { generation: "next", externalId: "cleo" } })
    ben.does("forget", "tell", "end", "readSession")
    ben.reads({ generation: "next", externalId: "cleo" }).does("unlock", "share", "startTimer")
    ben.when({ type: "timer", name: "ask" }).is("refused")
    expect(ben.received).toEqual(["required"])
  })
})

describe("signing out", () => {
  it("[P4] forgets before the hub is told, and begins a new generation", () => {
    const left = given().signedIn().when({ type: "logout", id: 2, everywhere: false })
    left.does("forget", "tell", "writeRecord", "share", "stopTimer", "logout")
    expect(left.one("forget").all).toBe(true)
    expect(Object.keys(left.one("writeRecord").record)).toEqual(["generation"])
    left.when({
      type: "logoutAnswered",
      run: left.state.run,
      id: 2,
      everywhere: false,
      answer: {
        ok: true,
        state: state([], { user: anonymous("usr_new"), reason: "logout", sessionToken: "fresh" }),
      },
    })
    expect(left.one("writeRecord").record).toMatchObject({ sessionToken: "fresh", userId: "usr_new" })
    left.is("live")
  })

  it("without an answer gives the connection up, and says so only for everywhere", () => {
    for (const everywhere of [true, false]) {
      const left = given().signedIn().when({ type: "logout", id: 2, everywhere })
      left.when({
        type: "logoutAnswered",
        run: left.state.run,
        id: 2,
        everywhere,
        answer: { ok: false, error: refusal("timeout", true) },
      })
      expect(left.one("logoutSettled").error?.code).toBe(everywhere ? "timeout" : undefined)
      left.is("waiting")
    }
  })

  it("asked for twice is told twice, and the visitor of the second answer is the one who is here", () => {
    const left = given().signedIn()
    const leave = (id: number): void => void left.when({ type: "logout", id, everywhere: false })
    const answer = (id: number, userId: string): void =>
      void left.when({
        type: "logoutAnswered",
        run: left.state.run,
        id,
        everywhere: false,
        answer: {
          ok: true,
          state: state([], { user: anonymous(userId), reason: "logout", sessionToken: `of ${userId}` }),
        },
      })
    leave(2)
    leave(3)
    answer(2, "usr_first")
    expect(left.all("introduce")).toEqual([])
    answer(3, "usr_second")
    expect(left.state.owner).toEqual({ userId: "usr_second" })
    left.is("live")
  })

  it("[P4] a login right after it waits for the hub's answer: it is the next user's", () => {
    const left = given().signedIn().when({ type: "logout", id: 2, everywhere: false })
    left.when({ type: "login", id: 3 }).does("fetchToken").fetched(jwt("cleo")).does()
    left.when({
      type: "logoutAnswered",
      run: left.state.run,
      id: 2,
      everywhere: false,
      answer: {
        ok: true,
        state: state([], { user: anonymous("usr_new"), reason: "logout", sessionToken: "fresh" }),
      },
    })
    expect(left.one("login").signed.jwt).toBe(jwt("cleo"))
    expect(left.answered("signed_in", "cleo").one("loginSettled")).toMatchObject({ id: 3 })
  })

  it("a login that the hub answers after it is never shown", () => {
    const left = given().visitor().when({ type: "login", id: 1 }).fetched(jwt("ben"))
    const { no, signed } = left.one("login")
    left.when({ type: "logout", id: 2, everywhere: false })
    const login = { outcome: "upgraded" as const, expiresAt: 9 }
    left.when({
      type: "loginAnswered",
      run: left.state.run,
      no,
      signed,
      answer: { ok: true, state: state([], { ...ofBen, login }), login },
    })
    left.does()
    expect(left.state.owner).toBeUndefined()
  })
})
