/** The tabs of one browser are one visitor, whatever they do, and whatever the browser lacks. */
import type { BrowserContext, Page } from "playwright-core"
import { describe, expect, test } from "vitest"
import { clientStage, connect, kinds, login, send, texts, userOf } from "./client-stage.ts"
import { type TestApp, userToken } from "./started-hub.ts"

const here = clientStage()

/** What a browser may lack; the script takes it away before the page runs. */
const BROWSERS = [
  { name: "a secure page", insecure: false, before: undefined },
  { name: "a page without TLS, which has no locks", insecure: true, before: undefined },
  {
    name: "a browser without BroadcastChannel",
    insecure: false,
    before: "delete globalThis.BroadcastChannel",
  },
]

/** Both tabs are the same user, and one hears what the other says. */
async function areOne(one: Page, two: Page): Promise<void> {
  await expect.poll(async () => (await userOf(one)) === (await userOf(two))).toBe(true)
  const text = `from one to two ${Math.random()}`
  await send(one, text)
  await expect.poll(() => texts(two)).toContain(text)
}

async function twoTabs(profile: BrowserContext, app: TestApp, insecure = false): Promise<[Page, Page]> {
  return Promise.all([here.tab(profile, app.id, { insecure }), here.tab(profile, app.id, { insecure })])
}

describe.each(BROWSERS)("in $name", ({ insecure, before }) => {
  test("two tabs that are opened at the same moment are one visitor", async () => {
    const app = await here.hub.app()
    for (let round = 0; round < 4; round += 1) {
      const profile = await here.profile(before)
      const [one, two] = await twoTabs(profile, app, insecure)
      await Promise.all([connect(one), connect(two)])
      await areOne(one, two)
      await profile.close()
    }
  })

  test("a tab that connects late is who the others are by then", async () => {
    const app = await here.hub.app()
    const [one, late] = await twoTabs(await here.profile(before), app, insecure)
    await connect(one)
    await send(one, "before")
    await connect(late)
    expect(await texts(late)).toEqual(["before"])
    await areOne(one, late)
  })

  test("signing out in one tab signs out all, and they are one new visitor", async () => {
    const app = await here.hub.app()
    const [one, two] = await twoTabs(await here.profile(before), app, insecure)
    await connect(one)
    await send(one, "of the first")
    await connect(two)
    const first = await userOf(one)
    await one.evaluate(() => globalThis.client.logout())
    await expect.poll(() => texts(two)).toEqual([])
    await areOne(two, one)
    expect(await userOf(one)).not.toBe(first)
  })
})

describe("signing in", () => {
  test("in one tab takes the others along, without a prompt", async () => {
    const app = await here.hub.app()
    const [one, two] = await twoTabs(await here.profile(), app)
    await connect(one)
    await send(one, "as visitor")
    await connect(two)
    expect(await login(one, await userToken(app, "mira", "Mira"))).toBe("upgraded")
    await expect.poll(() => two.evaluate(() => globalThis.client.view.user?.externalId)).toBe("mira")
    await areOne(one, two)
    expect(await kinds(two)).not.toContain("required")
    expect(
      await two.evaluate(() =>
        globalThis.received.status.some((status) => "renewing" in status && !status.renewing),
      ),
    ).toBe(false)
  })

  test("out and in again leaves all tabs together", async () => {
    const app = await here.hub.app()
    const [one, two] = await twoTabs(await here.profile(), app)
    await Promise.all([connect(one), connect(two)])
    for (const name of ["mira", "noah", "mira"]) {
      await login(one, await userToken(app, name, name))
      await expect.poll(() => two.evaluate(() => globalThis.client.view.user?.externalId)).toBe(name)
      await areOne(one, two)
      await two.evaluate(() => globalThis.client.logout())
      await expect.poll(() => one.evaluate(() => globalThis.client.view.user?.authenticated)).toBe(false)
      await areOne(two, one)
    }
  })

  test("as another user is followed everywhere", async () => {
    const app = await here.hub.app()
    const [one, two] = await twoTabs(await here.profile(), app)
    await Promise.all([connect(one), connect(two)])
    await login(one, await userToken(app, "mira", "Mira"))
    await send(one, "of mira")
    await expect.poll(() => texts(two)).toEqual(["of mira"])
    expect(await login(one, await userToken(app, "noah", "Noah"))).toBe("switched")
    await expect.poll(() => two.evaluate(() => globalThis.client.view.user?.externalId)).toBe("noah")
    expect(await texts(two)).toEqual([])
    await areOne(one, two)
  })

  test("a new tab that has no token asks the others", async () => {
    const app = await here.hub.app()
    const profile = await here.profile()
    const one = await here.tab(profile, app.id)
    await connect(one)
    await login(one, await userToken(app, "mira", "Mira"))
    await send(one, "of mira")
    const two = await here.tab(profile, app.id)
    await connect(two)
    expect(await texts(two)).toEqual(["of mira"])
    expect(await kinds(two)).toEqual(["login"])
  })

  test("in a tab that is opened after the storage was emptied takes the others along, too", async () => {
    const app = await here.hub.app()
    const profile = await here.profile()
    const [one, two] = await twoTabs(profile, app)
    await connect(one)
    await connect(two)
    await one.evaluate(() => localStorage.clear())
    await expect.poll(() => two.evaluate(() => localStorage.length)).toBeGreaterThan(1)
    const late = await here.tab(profile, app.id)
    await connect(late)
    await login(late, await userToken(app, "mira", "Mira"))
    await areOne(late, one)
    await areOne(late, two)
  })

  test("a tab that heard nothing of a sign-out follows when it looks again", async () => {
    const app = await here.hub.app()
    const profile = await here.profile()
    const one = await here.tab(profile, app.id)
    await connect(one)
    await login(one, await userToken(app, "mira", "Mira"))
    const away = await here.tab(profile, app.id)
    await connect(away)
    await away.evaluate(() => globalThis.client.disconnect())
    await one.evaluate(() => globalThis.client.logout())
    await connect(away)
    expect(await away.evaluate(() => globalThis.client.view.user?.authenticated)).toBe(false)
    await areOne(one, away)
  })

  test("where nobody is signed in says so, and the visitor's chat goes on", async () => {
    const app = await here.hub.app()
    const one = await here.tab(await here.profile(), app.id)
    const answer = login(one, null)
    await connect(one)
    expect(await answer).toBe("not_signed_in")
    await send(one, "all the same")
    expect(await texts(one)).toEqual(["all the same"])
  })
})

test("nothing was thrown in any page", () => {
  expect(here.complaints).toEqual([])
})
