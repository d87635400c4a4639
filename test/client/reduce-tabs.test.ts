/** What other tabs do, and signing out, decided: given, when, then. */
import { describe, expect, it } from "vitest"
import { isLater, mayReplace, sessionDropped } from "../../src/client/session-record.ts"
import { Given, jwt, refusal } from "./given.ts"
import { anonymous, person, state } from "./sample-views.ts"

const given = (settings?: ConstructorParameters<typeof Given>[0]): Given => new Given(settings)
const ofBen = { user: person("usr_ben", "ben"), reason: "login" as const }

describe("other tabs", () => {
  const inGeneration = (news: { jwt: string; since: number }, generation = "") =>
    ({ type: "tabNews", news: { type: "login", generation, ...news } }) as const

  it("a visitor follows a sign-in elsewhere, and does not share it once more", () => {
    const visitor = given().visitor()
    const generation = visitor.state.record.generation ?? ""
    visitor
      .when(inGeneration({ jwt: jwt("ben"), since: visitor.at }, generation))
      .does("stopTimer", "writeRecord", "share", "login")
    visitor.answered("signed_in", "ben")
    expect(visitor.all("share").filter(({ news }) => news.type === "login")).toEqual([])
  })

  it("where the host said that no user is signed in, an older sign-in of another tab counts for nothing", () => {
    const visitor = given().visitor()
    const since = visitor.at
    visitor.when({ type: "login", id: 1 }).fetched(undefined)
    visitor.when(inGeneration({ jwt: jwt("ben"), since }, visitor.state.record.generation)).does()
    // The clock is set back, and then somebody signs in.
    visitor.at -= 7_200_000
    const news = inGeneration({ jwt: jwt("ben"), since: visitor.at }, visitor.state.record.generation)
    visitor.when(news).does("stopTimer", "writeRecord", "share", "login")
  })

  it("[P4] that sign out while the host is asked for a token: what it answers may be the former user's, so it is asked again", () => {
    const next = { generation: "next", sessionToken: "theirs", userId: "usr_next" }
    const idle = given().when({ type: "login", id: 1 }).does("readRecord", "fetchToken")
    idle.when({ type: "recordRead", record: { generation: "known", externalId: "ben" } }).does()
    const { no } = idle.state.fetching ?? { no: 0 }
    idle.when({ type: "recordRead", record: { ...next, generation: "1~next" } })
    idle
      .does("forget", "fetchToken")
      .when({ type: "tokenFetched", no, token: jwt("ben") })
      .does()
    idle.fetched(undefined).does("settled")

    const open = given().visitor().when({ type: "login", id: 1 })
    open.when({ type: "recordRead", record: { ...next, generation: "9~next" } })
    const first = open.one("readSession")
    open.when({ type: "sessionRead", run: first.run, record: { ...next, generation: "9~next" } })
    open.does("unlock", "fetchToken", "startTimer")
  })

  it("[P4] a visitor who signed in, in a tab that is gone, is forgotten for the next one, also where this tab was away", () => {
    const mira = given().visitor().when({ type: "login", id: 1 }).fetched(jwt("ben"))
    const { record } = mira.one("writeRecord")
    expect(record).toMatchObject({ presented: "ben", sessionToken: "session" })
    const { userId, generation } = record
    expect(sessionDropped(record, true)).toEqual({ generation, consumed: userId, consumedAs: "ben" })

    const next = {
      generation,
      sessionToken: "theirs",
      userId: "usr_next",
      consumed: userId,
      consumedAs: "ben",
    }
    const inRecord = (tab: Given) => ({ ...next, generation: tab.state.record.generation })
    const open = given().visitor()
    open.when({ type: "recordRead", record: inRecord(open) })
    expect(open.all("forget")).toHaveLength(1)
    expect(open.all("readSession")).toHaveLength(1)
    const away = given().visitor()
    away.when({ type: "lost", run: away.state.run, error: refusal("offline", true) })
    away.when({ type: "recordRead", record: inRecord(away) })
    expect(away.all("forget")).toHaveLength(1)
  })

  it("[P4] a tab with a session of its own learns which other visitor has signed in, and writes it on", () => {
    const visitor = given().visitor()
    const { record } = visitor.state
    const { generation } = record
    visitor
      .when({ type: "recordRead", record: { generation, consumed: "usr_gone", consumedAs: "ben" } })
      .does()
    expect(visitor.state.record).toEqual({ ...record, consumed: "usr_gone", consumedAs: "ben" })
    visitor.when({ type: "login", id: 1 }).fetched(jwt("cleo"))
    expect(visitor.one("writeRecord").record).toMatchObject({ consumed: "usr_gone", sessionToken: "session" })
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

  it("a signed-in tab gives its token to those who ask, until the hub says that it has ended", () => {
    const ben = given().signedIn()
    // Two hours, or a clock that is set: of when a token ends only the hub's clock tells.
    expect(ben.when({ type: "tabNews", news: { type: "ask" } }, 7_200_000).one("share").news).toMatchObject({
      type: "login",
      jwt: jwt("ben"),
    })
    ben
      .when({ type: "expired" })
      .when({ type: "tabNews", news: { type: "ask" } })
      .does()
  })

  it("[P4] that signed in as another user at the same moment was first: the others follow this one", () => {
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

  it("a storage that was emptied is written again, and what is only written again is not told: it may be refused", () => {
    given().visitor().when({ type: "recordRead", record: {} }).does("writeRecord").is("live")
    const ben = given().signedIn()
    const { generation } = ben.state.record
    const news = { type: "login", jwt: jwt("ben"), since: ben.at, generation: generation ?? "" } as const
    ben.when({ type: "recordRead", record: { generation } }).does("writeRecord", "share")
    expect(ben.one("share").news).toMatchObject({ type: "login" })
    ben.when({ type: "tabNews", news }).does()
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

/** The hub answers a logout: they are a fresh visitor. */
const becomes = (left: Given, userId: string, id = 2): Given =>
  left.when({
    type: "logoutAnswered",
    run: left.state.run,
    id,
    everywhere: false,
    answer: {
      ok: true,
      result: {
        state: state([], { user: anonymous(userId), reason: "logout", sessionToken: `of ${userId}` }),
      },
    },
  })

describe("signing out", () => {
  it("[P4] forgets before the hub is told, and begins a new generation", () => {
    const left = given().signedIn().when({ type: "logout", id: 2, everywhere: false })
    left.does("forget", "tell", "writeRecord", "share", "stopTimer", "logout")
    expect(left.one("forget").all).toBe(true)
    expect(Object.keys(left.one("writeRecord").record)).toEqual(["generation"])
    becomes(left, "usr_new")
    expect(left.one("writeRecord").record).toMatchObject({ sessionToken: "of usr_new", userId: "usr_new" })
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
      expect(left.one("settled").result).toEqual(
        everywhere ? expect.objectContaining({ code: "timeout" }) : undefined,
      )
      left.is("waiting")
    }
  })

  it("asked for twice is told twice, and the visitor of the second answer is the one who is here", () => {
    const left = given().signedIn()
    const leave = (id: number): void => void left.when({ type: "logout", id, everywhere: false })
    leave(2)
    leave(3)
    becomes(left, "usr_first")
    expect(left.all("introduce")).toEqual([])
    becomes(left, "usr_second", 3)
    expect(left.state.owner).toEqual({ userId: "usr_second" })
    left.is("live")
  })

  it("[P4] a login right after it waits for the hub's answer: it is the next user's", () => {
    const left = given().signedIn().when({ type: "logout", id: 2, everywhere: false })
    left.when({ type: "login", id: 3 }).does("fetchToken").fetched(jwt("cleo")).does()
    becomes(left, "usr_new")
    expect(left.one("login").signed.jwt).toBe(jwt("cleo"))
    expect(left.answered("signed_in", "cleo").one("settled")).toMatchObject({ id: 3 })
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
      answer: { ok: true, result: { state: state([], { ...ofBen, login }), ...login } },
    })
    left.does()
    expect(left.state.owner).toBeUndefined()
  })
})
