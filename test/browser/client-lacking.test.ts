/** A browser without storage, locks, channels or randomness: one can chat, sign in and sign out all the same. */
import { describe, expect, test } from "vitest"
import { clientStage, connect, login, logout, send, texts } from "./client-stage.ts"
import { userToken } from "./started-hub.ts"

const here = clientStage()

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

  test("a storage that was emptied and refuses to write: two tabs write it again, and do not tell each other for ever", async () => {
    const app = await here.hub.app()
    const profile = await here.profile(
      `globalThis.told = 0; const tell = BroadcastChannel.prototype.postMessage
       BroadcastChannel.prototype.postMessage = function (news) { told += 1; return tell.call(this, news) }`,
    )
    const tabs = [await here.tab(profile, app.id), await here.tab(profile, app.id)]
    for (const page of tabs) {
      await connect(page)
      await page.evaluate(() => {
        Storage.prototype.setItem = () => {
          throw new DOMException("full", "QuotaExceededError")
        }
      })
    }
    await tabs[0]?.evaluate(() => localStorage.clear())
    for (let n = 0; n < 10; n += 1) for (const page of tabs) await send(page, `${n}`)
    for (const page of tabs) expect(await page.evaluate("told")).toBeLessThan(10)
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

test("nothing was thrown in any page", () => {
  expect(here.complaints).toEqual([])
})
