/** Tabs and sign-ins in all the ways in which pages get them wrong: one browser stays one visitor, and every call answers. */
import type { BrowserContext, Page } from "playwright-core"
import { describe, expect, test } from "vitest"
import { THOROUGH } from "../thorough.ts"
import { clientStage, connect, kinds, login, send, texts, userOf } from "./client-stage.ts"
import { type TestApp, userToken } from "./hub-process.ts"

const here = clientStage()

const signedInAs = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => globalThis.client.view.user?.externalId)

const logout = (page: Page): Promise<void> => page.evaluate(() => globalThis.client.logout())

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
  test("ten times over, for two tabs that are opened, connect and write at the same moment", async () => {
    const app = await here.hub.app()
    for (let round = 0; round < 10; round += 1) {
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

  test.each(Array.from({ length: 3 * THOROUGH }, (_, round) => [1, 6, 6][round % 3]))(
    "when two tabs sign in as two people at the same moment, on a machine %i times as slow: all end as one of them",
    async (slower = 1) => {
      const app = await here.hub.app()
      const profile = await here.profile()
      const [one, two] = [await here.tab(profile, app.id), await here.tab(profile, app.id)]
      for (const tab of [one, two])
        await (await profile.newCDPSession(tab)).send("Emulation.setCPUThrottlingRate", { rate: slower })
      await Promise.all([connect(one), connect(two)])
      await Promise.all([
        login(one, await userToken(app, "mira", "Mira")),
        login(two, await userToken(app, "noah", "Noah")),
      ])
      await expect
        .poll(async () => (await signedInAs(one)) === (await signedInAs(two)), { timeout: 15_000 })
        .toBe(true)
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

  test("when one signs in while its own sign-out is under way: nothing of the one who left goes along", async () => {
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

/** Ways of a page to have no token, in the page's own words. */
const TOKENLESS = [
  ["throws", `() => { throw new Error("no") }`, "token_unavailable"],
  ["rejects", `() => Promise.reject(new Error("no"))`, "token_unavailable"],
  ["rejects with nothing", `() => Promise.reject()`, "token_unavailable"],
  ["gives undefined", `() => undefined`, "not_signed_in"],
  ["gives null", `async () => null`, "not_signed_in"],
  ["gives an empty text", `async () => ""`, "not_signed_in"],
  ["gives a number", `() => 42`, "token_unavailable"],
  ["gives no token", `() => "nonsense"`, "token_malformed"],
] as const

describe("login of a page whose function", () => {
  const attempt = async (page: Page, source: string): Promise<string> => {
    // The page's own script, as each test says it.
    await page.addScriptTag({ content: `globalThis.source = ${source}` })
    return await page.evaluate(() => {
      const { source } = globalThis as unknown as { source: () => string }
      return globalThis.client
        .login(source)
        .then(({ outcome }): string => outcome)
        .catch(({ code }): string => code)
    })
  }

  test.each(TOKENLESS)(
    "%s: it says so, before and after connecting, and the chat goes on",
    async (_, source, code) => {
      const app = await here.hub.app()
      const early = await here.tab(await here.profile(), app.id)
      const answer = attempt(early, source)
      await connect(early)
      expect(await answer).toBe(code)
      await send(early, "all the same")
      expect(await attempt(early, source)).toBe(code)
      await send(early, "once more")
      expect(await texts(early)).toEqual(["all the same", "once more"])
      expect(await early.evaluate(() => globalThis.client.status.state)).toBe("live")
      // And who signs in after all is signed in, with what they wrote.
      expect(await login(early, await userToken(app, "mira", "Mira"))).toBe("upgraded")
      expect(await texts(early)).toEqual(["all the same", "once more"])
    },
  )

  test.each(["before", "after"])(
    "gives a token that has ended, %s connecting: refused, and the chat goes on",
    async (when) => {
      const app = await here.hub.app()
      const page = await here.tab(await here.profile(), app.id)
      const ended = await userToken(app, "mira", "Mira", -60)
      if (when === "after") await connect(page)
      const answer = login(page, ended)
      if (when === "before") await connect(page)
      expect(await answer).toBe("token_expired")
      await send(page, "all the same")
      expect(await texts(page)).toEqual(["all the same"])
    },
  )

  test("never answers: the chat goes on, and the page can take it back", async () => {
    const app = await here.hub.app()
    const page = await here.tab(await here.profile(), app.id)
    const answer = page.evaluate(() => {
      const control = new AbortController()
      Object.assign(globalThis, { giveUp: () => control.abort() })
      return globalThis.client
        .login(() => new Promise<string>(() => undefined), { signal: control.signal })
        .catch(({ code }) => code)
    })
    await connect(page)
    await send(page, "meanwhile")
    await page.evaluate(() => (globalThis as unknown as { giveUp: () => void }).giveUp())
    expect(await answer).toBe("cancelled")
    await send(page, "afterwards")
    expect(await texts(page)).toEqual(["meanwhile", "afterwards"])
  })

  test("answers late: what was written meanwhile goes along", async () => {
    const app = await here.hub.app()
    const page = await here.tab(await here.profile(), app.id)
    await connect(page)
    const token = await userToken(app, "mira", "Mira")
    const answer = page.evaluate(
      (jwt) =>
        new Promise<string>((resolve) => {
          const given = new Promise<string>((give) => Object.assign(globalThis, { give: () => give(jwt) }))
          void globalThis.client.login(() => given).then(({ outcome }) => resolve(outcome))
        }),
      token,
    )
    await send(page, "meanwhile")
    await page.evaluate(() => (globalThis as unknown as { give: () => void }).give())
    expect(await answer).toBe("upgraded")
    expect(await texts(page)).toEqual(["meanwhile"])
  })
})

/** What a browser may lack or refuse, said before the page's own scripts. */
const LACKING = [
  [
    "a storage that refuses to write",
    `Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError") }`,
  ],
  [
    "a storage that refuses to read",
    `Storage.prototype.getItem = () => { throw new DOMException("no", "SecurityError") }`,
  ],
  ["no BroadcastChannel", `delete globalThis.BroadcastChannel`],
  ["no crypto", `Object.defineProperty(globalThis, "crypto", { value: undefined })`],
  ["no locks", `Object.defineProperty(Navigator.prototype, "locks", { value: undefined })`],
  [
    "none of these",
    `delete globalThis.BroadcastChannel; Object.defineProperty(globalThis, "crypto", { value: undefined });
     Object.defineProperty(Navigator.prototype, "locks", { value: undefined });
     Object.defineProperty(globalThis, "localStorage", { get() { throw new DOMException("no", "SecurityError") } })`,
  ],
] as const

describe("in a browser with", () => {
  test.each(LACKING)("%s one can chat, sign in and sign out", async (_, lack) => {
    const app = await here.hub.app()
    const page = await here.tab(await here.profile(lack), app.id)
    await connect(page)
    await send(page, "as nobody")
    expect(await login(page, await userToken(app, "mira", "Mira"))).toBe("upgraded")
    await send(page, "as Mira")
    expect(await texts(page)).toEqual(["as nobody", "as Mira"])
    await logout(page)
    await expect.poll(() => texts(page)).toEqual([])
    await send(page, "as the next one")
    expect(await texts(page)).toEqual(["as the next one"])
  })

  test("a storage that others have filled: it is said once, chatted without, and a sign-out leaves nothing", async () => {
    const app = await here.hub.app()
    const page = await here.tab(await here.profile(), app.id)
    await connect(page)
    await send(page, "while there is room")
    await page.evaluate(() => {
      for (const size of [100_000, 1_000, 10])
        try {
          for (let n = 0; ; n += 1) localStorage.setItem(`other ${size} ${n}`, "x".repeat(size))
        } catch {}
    })
    await send(page, "when there is none")
    expect(await page.evaluate(() => globalThis.received.errors.map(({ code }) => code))).toEqual([
      "storage_unavailable",
    ])
    await logout(page)
    await expect.poll(() => texts(page)).toEqual([])
    await page.reload()
    await connect(page)
    expect(await texts(page)).toEqual([])
  })

  test("a storage of the page's own that never answers: it is given up, said, and chatted without", async () => {
    const app = await here.hub.app()
    const page = await here.tab(await here.profile(), app.id)
    const result = await page.evaluate(
      async ([hub, appId]) => {
        const silent = () => new Promise<string>(() => undefined)
        const errors: string[] = []
        const client = globalThis.Tributary.createClient({
          url: hub,
          appId,
          channel: "web",
          storage: { get: silent, set: silent, remove: silent },
        })
        client.on("error", ({ code }) => errors.push(code))
        await client.connect()
        const { content } = await client.send({ text: "all the same" })
        client.close()
        return [content.type === "text" && content.text, errors]
      },
      [here.hub.url, app.id] as const,
    )
    expect(result).toEqual(["all the same", ["storage_unavailable"]])
  })
})

test("a hundred messages at once are on their way together, and stored in the order in which they were typed", async () => {
  const app = await here.hub.app({ rateLimits: { sendsPerSecond: 100_000, burst: 100_000 } })
  const page = await here.tab(await here.profile(), app.id)
  await connect(page)
  const most = await page.evaluate(async () => {
    const { client } = globalThis
    let together = 0
    client.on("view", ({ outgoing }) => {
      together = Math.max(together, outgoing.filter(({ status }) => status === "sending").length)
    })
    await Promise.all(Array.from({ length: 100 }, (_, n) => client.send({ text: `${n}` })))
    return together
  })
  expect(most).toBeGreaterThan(8)
  expect(await texts(page)).toEqual(Array.from({ length: 100 }, (_, n) => `${n}`))
})

test("nothing was thrown in any page", () => {
  expect(here.complaints).toEqual([])
})
