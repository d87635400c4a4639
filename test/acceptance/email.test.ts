/** 4.5: a verified email belongs to one user per app. */
import { expect, it } from "vitest"
import { type App, onBoth } from "./world.ts"

const ANN = { email: "ann@example.org", email_verified: true, name: "Ann" }

async function withAnn(app: App) {
  const ann = await app.visitor({ jwt: app.token("ann", ANN) })
  await ann.send("of ann")
  expect(ann.view.user?.profile).toMatchObject({ email: ANN.email, emailVerified: true })
  return ann
}

onBoth("email identities", (world) => {
  it("4.5 refuse, the default: email_conflict and no partial effect", async () => {
    const app = await world.app()
    const ann = await withAnn(app)
    const before = await app.user(ann.userId)
    const web = await app.visitor({ on: 1 })
    await web.send("of a visitor")
    const { user } = web.view
    const jwt = app.token("bob", ANN)
    expect(await web.refused("login", { jwt })).toMatchObject({ code: "email_conflict", retryable: false })
    expect((await app.refusal({ jwt })).code).toBe("email_conflict")
    expect(web.view.user).toEqual(user)
    await web.send("goes on")
    const back = await app.visitor({ sessionToken: web.sessionToken })
    expect(back.view.texts()).toEqual(["of a visitor", "goes on"])
    expect(await app.admin().code("GET", `/v1/apps/${app.id}/users?externalId=bob`)).toBe("not_found")
    expect((await app.user(ann.userId)).profile).toEqual(before.profile)
    expect((await web.login(app.token("bob"))).outcome).toBe("upgraded")
  })

  it("4.5 ignore: signs in without the email", async () => {
    const app = await world.app({ emailConflict: "ignore" })
    const ann = await withAnn(app)
    const web = await app.visitor({ on: 1 })
    await web.send("of a visitor")
    const { outcome, state } = await web.login(app.token("bob", ANN))
    expect(outcome).toBe("upgraded")
    expect(state.user.profile).toMatchObject({ name: "Ann" })
    expect(state.user.profile.email).toBeUndefined()
    expect(web.userId).not.toBe(ann.userId)
    expect((await app.user(ann.userId)).profile.email).toBe(ANN.email)
  })

  it("4.5 the owner signs in again and on other devices", async () => {
    const app = await world.app()
    const ann = await withAnn(app)
    const phone = await app.visitor({ jwt: app.token("ann", ANN), on: 1 })
    expect(phone.userId).toBe(ann.userId)
    expect((await phone.login(app.token("ann", ANN))).outcome).toBe("refreshed")
    const web = await app.visitor()
    await web.send("of a visitor")
    expect((await web.login(app.token("ann", ANN))).outcome).toBe("merged")
  })

  it("4.1 an unverified email of another user is no conflict and merges no users", async () => {
    const app = await world.app()
    const ann = await withAnn(app)
    for (const [n, claim] of [undefined, false, "true", 1].entries()) {
      const web = await app.visitor({ jwt: app.token(`bob-${n}`, { ...ANN, email_verified: claim }), on: n })
      expect(web.userId).not.toBe(ann.userId)
      expect(web.view.texts()).toEqual([])
      expect(web.view.user?.profile.emailVerified ?? false).toBe(false)
    }
    expect((await app.user(ann.userId)).profile.email).toBe(ANN.email)
  })

  it("4.2 an unverified email never replaces anything", async () => {
    const app = await world.app()
    const ann = await withAnn(app)
    const web = await app.visitor({ on: 1 })
    await web.ask("profile:update", { email: "typed@example.org" })
    await web.send("of a visitor")
    const { state } = await web.login(app.token("ann"))
    expect(state.user.profile).toMatchObject({ email: ANN.email, emailVerified: true })
    await ann.event("user:merge")
    expect(ann.view.user).toEqual(web.view.user)
    await web.login(app.token("ann", { email: "claimed@example.org" }))
    expect(web.view.user?.profile).toMatchObject({ email: ANN.email, emailVerified: true })
  })

  it("4.5 two logins claim one email at once: one has it", async () => {
    const app = await world.app()
    const tries = await Promise.allSettled(
      ["bob", "eve"].map((id, on) => app.visitor({ jwt: app.token(id, ANN), on, deviceId: id })),
    )
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
    const lost = tries.find((each) => each.status === "rejected")
    expect(String(lost?.reason)).toContain("email_conflict")
  })

  it.each([
    ["composed otherwise", "jos\u00e9@example.org", "jose\u0301@example.org"],
    ["in capitals", "jos\u00e9@example.org", "JOSE\u0301@Example.ORG"],
  ])("4.5 an address %s is the same address", async (_, mine, theirs) => {
    const app = await world.app()
    const verified = { email_verified: true }
    const jose = await app.visitor({ jwt: app.token("jose", { ...verified, email: mine }) })
    await jose.send("hello")
    expect(jose.view.user?.profile.email).toBe(mine)
    expect((await app.refusal({ jwt: app.token("eve", { ...verified, email: theirs }), on: 1 })).code).toBe(
      "email_conflict",
    )
    await jose.ask("profile:update", { email: theirs })
    const again = await app.visitor({ jwt: app.token("jose", { ...verified, email: theirs }), on: 1 })
    expect(again.userId).toBe(jose.userId)
    expect(again.view.user?.profile.emailVerified).toBe(true)
    await jose.settle()
    const changes = jose.events.filter(({ type }) => type === "user:update")
    expect(changes.length).toBeLessThanOrEqual(2)
  })

  it("4.5 an email that is verified in one app can be verified for another user of another app", async () => {
    const [app, other] = [await world.app(), await world.app()]
    await withAnn(app)
    expect((await other.visitor({ jwt: other.token("bob", ANN) })).view.user?.profile.emailVerified).toBe(
      true,
    )
  })
})
