/** Tabs of one browser that act at the same moment, come late, or sleep: whatever they do, they end as one visitor. */
import type { BrowserContext, Page } from "playwright-core"
import { describe, expect, test } from "vitest"
import { THOROUGH } from "../thorough.ts"
import { clientStage, connect, kinds, login, logout, send, texts, userOf } from "./client-stage.ts"
import { type TestApp, userToken } from "./started-hub.ts"

/** Times as slow as it is: what makes a page wait burns the processor all the while. */
const SLOW = THOROUGH > 1 ? 6 : 3

const here = clientStage()

const signedInAs = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => globalThis.client.view.user?.externalId)

/** What one says, all hear. */
async function areOne(...tabs: readonly Page[]): Promise<void> {
  for (const [index, tab] of tabs.entries()) {
    const text = `from tab ${index} ${Math.random()}`
    await send(tab, text)
    for (const other of tabs) await expect.poll(() => texts(other), { timeout: 10_000 }).toContain(text)
  }
  expect(new Set(await Promise.all(tabs.map(userOf))).size).toBe(1)
}

/** A tab that the browser has put to sleep: nothing in it runs, and nothing reaches it. */
async function freeze(profile: BrowserContext, page: Page): Promise<() => Promise<void>> {
  const session = await profile.newCDPSession(page)
  await session.send("Page.setWebLifecycleState", { state: "frozen" })
  return async () => {
    await session.send("Page.setWebLifecycleState", { state: "active" })
    await session.detach()
  }
}

describe("one browser is one visitor", () => {
  test("again and again, for two tabs that are opened, connect and write at the same moment", async () => {
    const app = await here.hub.app()
    for (let round = 0; round < 2 * THOROUGH; round += 1) {
      const profile = await here.profile()
      const [one, two] = await Promise.all([here.tab(profile, app.id), here.tab(profile, app.id)])
      await Promise.all([send(one, "one"), send(two, "two"), connect(one), connect(two)])
      await expect.poll(async () => (await texts(one)).sort()).toEqual(["one", "two"])
      await expect.poll(async () => (await texts(two)).sort()).toEqual(["one", "two"])
      expect(await userOf(one)).toBe(await userOf(two))
      await profile.close()
    }
  })

  test("for a client that is made early and connects late, after others came and went", async () => {
    const app = await here.hub.app()
    const profile = await here.profile()
    const late = await here.tab(profile, app.id)
    const one = await here.tab(profile, app.id)
    await connect(one)
    await login(one, await userToken(app, "mira", "Mira"))
    await logout(one)
    await send(one, "of the next visitor")
    await connect(late)
    expect(await texts(late)).toEqual(["of the next visitor"])
    await areOne(one, late)
  })

  test("for a client that typed before it connected, while another tab signed in", async () => {
    const app = await here.hub.app()
    const profile = await here.profile()
    const [typing, one] = [await here.tab(profile, app.id), await here.tab(profile, app.id)]
    await typing.evaluate(() => void globalThis.client.send({ text: "typed early" }))
    await connect(one)
    expect(await login(one, await userToken(app, "mira", "Mira"))).toMatch(/upgraded|signed_in/)
    await connect(typing)
    await expect.poll(() => texts(one)).toEqual(["typed early"])
    await areOne(typing, one)
  })

  test("over sign-ins and sign-outs that each come from another of three tabs", async () => {
    const app = await here.hub.app()
    const profile = await here.profile()
    const tabs: Page[] = []
    for (let count = 0; count < 3; count += 1) tabs.push(await here.tab(profile, app.id))
    const [a, b, c] = tabs as [Page, Page, Page]
    await Promise.all(tabs.map(connect))
    for (const [by, name] of [
      [a, "mira"],
      [b, undefined],
      [c, "noah"],
      [a, "mira"],
      [c, undefined],
      [b, "noah"],
      [b, undefined],
    ] as const) {
      if (name === undefined) await logout(by)
      else await login(by, await userToken(app, name, name))
      for (const tab of tabs) await expect.poll(() => signedInAs(tab), { timeout: 10_000 }).toBe(name)
      await areOne(...tabs)
    }
    for (const tab of tabs) expect(await kinds(tab)).not.toContain("required")
  })

  test.each(Array.from({ length: 2 * THOROUGH }, (_, round) => [1, SLOW][round % 2]))(
    "when two tabs sign in as two people at the same moment, on a machine %i times as slow: all end as one of them",
    async (slower = 1) => {
      const app = await here.hub.app()
      const profile = await here.profile()
      const [one, two] = [await here.tab(profile, app.id), await here.tab(profile, app.id)]
      const sessions = await Promise.all([one, two].map((tab) => profile.newCDPSession(tab)))
      const slow = (rate: number) =>
        Promise.all(sessions.map((session) => session.send("Emulation.setCPUThrottlingRate", { rate })))
      await slow(slower)
      await Promise.all([connect(one), connect(two)])
      await Promise.all([
        login(one, await userToken(app, "mira", "Mira")),
        login(two, await userToken(app, "noah", "Noah")),
      ])
      await expect
        .poll(async () => (await signedInAs(one)) === (await signedInAs(two)), { timeout: 15_000 })
        .toBe(true)
      await slow(1)
      await areOne(one, two)
    },
  )

  test("after a sign-out that was asked for twice at once, in one tab or in both", async () => {
    const app = await here.hub.app()
    const profile = await here.profile()
    const [one, two] = [await here.tab(profile, app.id), await here.tab(profile, app.id)]
    await Promise.all([connect(one), connect(two)])
    await login(one, await userToken(app, "mira", "Mira"))
    await Promise.all([logout(one), logout(one), logout(one)])
    await areOne(one, two)
    expect(await login(two, await userToken(app, "mira", "Mira"))).toBe("merged")
    await expect.poll(() => signedInAs(one), { timeout: 15_000 }).toBe("mira")
    await Promise.all([logout(one), logout(two)])
    await areOne(one, two)
    expect(await signedInAs(one)).toBeUndefined()
  })

  test("after a sign-out at the very moment of the other tab's sign-in", async () => {
    const app = await here.hub.app()
    const profile = await here.profile()
    const [one, two] = [await here.tab(profile, app.id), await here.tab(profile, app.id)]
    await Promise.all([connect(one), connect(two)])
    await Promise.all([login(one, await userToken(app, "mira", "Mira")), logout(two)])
    await expect.poll(async () => (await userOf(one)) === (await userOf(two)), { timeout: 15_000 }).toBe(true)
    await areOne(one, two)
  })

  test("when a tab signs in while its own sign-out is under way: nothing of the former user goes along", async () => {
    const app = await here.hub.app()
    const profile = await here.profile()
    const [one, two] = [await here.tab(profile, app.id), await here.tab(profile, app.id)]
    await Promise.all([connect(one), connect(two)])
    await send(one, "of the visitor")
    const left = logout(one)
    expect(await login(one, await userToken(app, "mira", "Mira"))).toBe("upgraded")
    await left
    expect(await texts(one)).toEqual([])
    await expect.poll(() => signedInAs(two), { timeout: 15_000 }).toBe("mira")
    await areOne(one, two)
  })
})

describe("a tab that was put to sleep", () => {
  test.each([
    [
      "signed in",
      async (tab: Page, app: TestApp): Promise<void> => {
        await login(tab, await userToken(app, "mira", "M"))
      },
    ],
    [
      "signed in and out",
      async (tab: Page, app: TestApp): Promise<void> => {
        await login(tab, await userToken(app, "mira", "M"))
        await logout(tab)
      },
    ],
    ["dropped the visitor", (tab: Page): Promise<void> => logout(tab)],
  ] as const)("is who the others are when it wakes: they %s", async (_, act) => {
    const app = await here.hub.app()
    const profile = await here.profile()
    const [one, asleep] = [await here.tab(profile, app.id), await here.tab(profile, app.id)]
    await Promise.all([connect(one), connect(asleep)])
    await areOne(one, asleep)
    const wake = await freeze(profile, asleep)
    await act(one, app)
    await send(one, "said while it slept")
    await wake()
    await expect.poll(() => texts(asleep), { timeout: 15_000 }).toContain("said while it slept")
    await areOne(one, asleep)
    expect(await signedInAs(asleep)).toBe(await signedInAs(one))
  })
})

test("nothing was thrown in any page", () => {
  expect(here.complaints).toEqual([])
})
