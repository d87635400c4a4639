/** A page hands the client a function for the token, and gets it wrong in all the ways there are: every call answers. */
import type { Page } from "playwright-core"
import { describe, expect, test } from "vitest"
import { clientStage, connect, login, send, texts } from "./client-stage.ts"
import { userToken } from "./started-hub.ts"

const here = clientStage()

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

test("nothing was thrown in any page", () => {
  expect(here.complaints).toEqual([])
})
