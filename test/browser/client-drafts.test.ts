/** What was typed survives in a real browser: reloads, closed tabs, a hub that is away, a storage that is forbidden. */
import type { Page } from "playwright-core"
import { expect, test } from "vitest"
import { clientStage, connect, send, texts } from "./client-stage.ts"

const here = clientStage()

const outgoing = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    globalThis.client.view.outgoing.map(
      ({ content, status }) => `${status} ${content.type === "text" ? content.text : content.type}`,
    ),
  )

/** Types and waits for nothing. */
const type = (page: Page, text: string): Promise<string> =>
  page.evaluate((words) => globalThis.client.send({ text: words }).localId, text)

test("a reload while the hub is away shows what was typed, and sends it once when the hub is back", async () => {
  const app = await here.hub.app()
  const page = await here.tab(await here.profile(), app.id)
  await connect(page)
  await send(page, "before")
  await here.hub.kill()
  await type(page, "while away")
  await page.reload()
  await page.evaluate(() => void globalThis.client.connect())
  await expect.poll(() => outgoing(page)).toEqual(["pending while away"])
  await here.hub.start()
  await expect.poll(() => texts(page), { timeout: 20_000 }).toEqual(["before", "while away"])
  expect(await outgoing(page)).toEqual([])
})

test("a message that failed survives a reload, and can be sent again or taken back", async () => {
  const app = await here.hub.app()
  const page = await here.tab(await here.profile(), app.id)
  await connect(page)
  for (const letter of ["x", "y"]) {
    const failed = page.evaluate(
      (text) => globalThis.client.send({ text }).catch(({ code }) => code),
      letter.repeat(5_000),
    )
    expect(await failed).toBe("bad_request")
  }
  await page.reload()
  await connect(page)
  const found = await page.evaluate(() =>
    globalThis.client.view.outgoing.map(({ status, error }) => [status, error?.code]),
  )
  expect(found).toEqual([
    ["failed", "bad_request"],
    ["failed", "bad_request"],
  ])
  const [again, gone] = await page.evaluate(() =>
    globalThis.client.view.outgoing.map(({ localId }) => localId),
  )
  expect(await page.evaluate((id) => globalThis.client.cancel(id ?? ""), gone)).toBe(true)
  const answer = page.evaluate((id) => globalThis.client.retry(id ?? "")?.catch(({ code }) => code), again)
  expect(await answer).toBe("bad_request")
  expect(await outgoing(page)).toHaveLength(1)
})

test("drafts of a tab that was closed are sent by another", async () => {
  const app = await here.hub.app()
  const profile = await here.profile()
  const [left, stays] = [await here.tab(profile, app.id), await here.tab(profile, app.id)]
  await connect(stays)
  await send(stays, "first")
  await type(left, "left behind")
  await left.close({ runBeforeUnload: true })
  await expect.poll(() => texts(stays), { timeout: 20_000 }).toEqual(["first", "left behind"])
})

test("a thousand drafts are stored, shown and sent in good time", async () => {
  const app = await here.hub.app({ rateLimits: { sendsPerSecond: 100_000, burst: 100_000 } })
  const page = await here.tab(await here.profile(), app.id)
  await page.evaluate(() => {
    for (let n = 0; n < 1_000; n += 1) void globalThis.client.send({ text: `${n}` })
  })
  await page.reload()
  await page.evaluate(() => void globalThis.client.connect())
  await expect.poll(() => page.evaluate(() => globalThis.client.view.outgoing.length)).toBeGreaterThan(0)
  await expect
    .poll(() => page.evaluate(() => globalThis.client.view.outgoing.length), { timeout: 60_000 })
    .toBe(0)
  const all = await texts(page)
  expect(all).toEqual(Array.from({ length: 1_000 }, (_, n) => `${n}`))
  expect(
    await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes(":draft:"))),
  ).toEqual([])
}, 120_000)

test("where storage is forbidden it goes on, and says so", async () => {
  const app = await here.hub.app()
  const profile = await here.profile(
    `Object.defineProperty(globalThis, "localStorage", { get() { throw new DOMException("no", "SecurityError") } })`,
  )
  const page = await here.tab(profile, app.id)
  await connect(page)
  await send(page, "for as long as the page")
  expect(await page.evaluate(() => globalThis.received.errors.map(({ code }) => code))).toEqual([
    "storage_unavailable",
  ])
})

test("after a sign-out nothing of the former user is left in storage, memory or view", async () => {
  const app = await here.hub.app()
  const page = await here.tab(await here.profile(), app.id)
  await connect(page)
  await send(page, "the secret of the first")
  await here.hub.kill()
  await type(page, "a secret draft")
  await here.hub.start()
  await page.evaluate(() => globalThis.client.logout())
  const left = await page.evaluate(() => JSON.stringify([{ ...localStorage }, globalThis.client.view]))
  expect(left).not.toMatch(/secret/)
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
