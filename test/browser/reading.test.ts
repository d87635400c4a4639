/** Reading: readers keep their place, whatever comes in above, below or between. */
import { describe, expect, test } from "vitest"
import { THOROUGH } from "../thorough.ts"
import { stage } from "./browser-stage.ts"
import { Person } from "./console-page.ts"
import { type TestApp, userToken } from "./started-hub.ts"
import type { Widget } from "./widget.ts"

// Whose rows slide in while they are read.
const here = stage(undefined, { moves: true })

/** With `THOROUGH` nearly all that a conversation may hold. */
const MESSAGES = THOROUGH > 1 ? 29_600 : 400
const CLIMB_MS = THOROUGH > 1 ? 300_000 : 60_000

/** A signed-in user, with so many answers in their conversation. */
async function longConversation(
  count: number,
): Promise<{ app: TestApp; conversationId: string; widget: Widget }> {
  const app = await here.hub.app()
  const widget = await here.visit({ appId: app.id })
  expect(await widget.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
  await widget.open()
  await widget.send("The first of all")
  await widget.row("The first of all").locator(".delivery.sent").waitFor()
  const [conversationId = ""] = await here.hub.conversationsOf(app, "mira")
  for (let number = 1; number <= count; number += 1)
    await here.hub.say(app, conversationId, {
      type: "text",
      text: `Line ${number} ${"word ".repeat(number % 17)}`,
    })
  await widget.row(`Line ${count} `).waitFor()
  return { app, conversationId, widget }
}

/** Where a row stands on the screen. */
const topOf = (widget: Widget, text: string): Promise<number> =>
  widget
    .row(text)
    .first()
    .evaluate((row) => row.getBoundingClientRect().top)

const scrollTo = (widget: Widget, top: number): Promise<void> =>
  widget.list.evaluate((list, to) => {
    list.scrollTop = to
  }, top)

describe("a long history", () => {
  test("comes in page by page without a jump, to its beginning", async () => {
    const { app, widget } = await longConversation(120)
    await widget.page.reload()
    await widget.login(await userToken(app, "mira", "Mira Lang"))
    await widget.open()
    await widget.row("Line 120 ").waitFor()
    expect(await widget.row("Line 60 ").count()).toBe(0)
    await scrollTo(widget, 700)
    const before = await topOf(widget, "Line 78 ")
    await scrollTo(widget, 380)
    await widget.row("Line 40 ").first().waitFor({ state: "attached" })
    expect(Math.abs((await topOf(widget, "Line 78 ")) - before - 320)).toBeLessThan(2)
    for (let turn = 0; turn < 6 && !(await widget.panel.locator(".intro").count()); turn += 1) {
      await scrollTo(widget, 0)
      await widget.page.waitForFunction(
        () => !document.querySelector("tributary-widget")?.shadowRoot?.querySelector(".spinner"),
      )
    }
    await widget.panel.locator(".intro").waitFor({ state: "attached" })
    expect((await widget.texts())[0]).toBe("The first of all")
    expect(new Set(await widget.texts()).size).toBe(121)
  })

  test(
    "of any length is a window of rows: few are drawn, no step jumps, and its beginning is reached",
    async () => {
      const app = await here.hub.app({ rateLimits: { sendsPerSecond: 10_000, burst: 10_000 } })
      const jwt = await userToken(app, "mira", "Mira Lang")
      const writers = await Promise.all(
        Array.from({ length: 8 }, () => Person.visitor(here, app, { jwt, channel: "ios" })),
      )
      const [writer] = writers
      if (!writer) throw new Error("There are eight.")
      await writer.say("The first of all")
      for (let line = 0; line < MESSAGES; line += 50 * writers.length)
        await Promise.all(
          writers.flatMap((one, at) =>
            Array.from({ length: 50 }, (_, n) =>
              one.say(`Line ${line} ${at} ${n} ${"word ".repeat(n % 17)}`),
            ),
          ),
        )
      await writer.say("The last of all")
      const widget = await here.visit({ appId: app.id })
      expect(await widget.login(jwt)).toBeNull()
      await widget.open()
      await widget.row("The last of all").waitFor()
      const { most, worst } = await widget.list.evaluate(async (list, withinMs) => {
        const rows = () => [...list.querySelectorAll("[data-row]")]
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
        let [most, worst] = [0, 0]
        const end = performance.now() + withinMs
        while (!list.querySelector(".intro") && performance.now() < end) {
          const { top } = list.getBoundingClientRect()
          const seen = rows().find((row) => row.getBoundingClientRect().top >= top)
          const before = seen?.getBoundingClientRect().top ?? 0
          const by = Math.min(1_200, list.scrollTop)
          list.scrollTop -= by
          await frame()
          await frame()
          most = Math.max(most, rows().length)
          if (seen?.isConnected)
            worst = Math.max(worst, Math.abs(seen.getBoundingClientRect().top - before - by))
        }
        return { most, worst }
      }, CLIMB_MS)
      expect(most).toBeLessThan(330)
      // Each drawing may round by half a pixel, and a step may take several.
      expect(worst).toBeLessThan(6)
      await widget.row("The first of all").waitFor()
      expect(await widget.row("The last of all").count()).toBe(0)
      // What comes meanwhile does not pull the reader away; the way back is one press.
      await writer.say("And one more")
      await widget.row("The first of all").waitFor()
      await widget.panel.locator(".to-latest").click()
      await widget.row("And one more").waitFor()
      await expect.poll(() => widget.panel.locator(".row").count()).toBeLessThan(330)
    },
    60_000 + 4 * CLIMB_MS,
  )

  test("is read in the middle: an answer moves nothing, and is told below", async () => {
    const { app, conversationId, widget } = await longConversation(40)
    await scrollTo(widget, 300)
    const row = "Line 9 "
    const before = await topOf(widget, row)
    await here.hub.say(app, conversationId, { type: "text", text: "The latest of all" })
    await widget.panel.locator(".to-latest", { hasText: "1 new message" }).waitFor()
    expect(Math.abs((await topOf(widget, row)) - before)).toBeLessThan(2)
    await here.shot(widget.page, "reading-above")
    await widget.panel.locator(".to-latest").click()
    await widget.row("The latest of all").waitFor()
    await widget.panel.locator(".to-latest").waitFor({ state: "detached" })
    expect(await widget.panel.locator(".new-line").count()).toBe(1)
  })

  test("of another device slides in between, and the reader keeps their place", async () => {
    const { app, widget: phone } = await longConversation(30)
    const shop = await here.visit({ appId: app.id })
    await shop.open()
    for (const number of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) await shop.send(`Asked as nobody ${number}`)
    await shop.row("Asked as nobody 12").locator(".delivery.sent").waitFor()
    await scrollTo(shop, 60)
    const before = await topOf(shop, "Asked as nobody 3")
    expect(await shop.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
    await shop.row("Line 30 ").first().waitFor({ state: "attached" })
    // The strip that says who is signed in takes its place above the list.
    const strip = (await shop.panel.locator(".person").boundingBox())?.height ?? 0
    await expect
      .poll(async () => Math.abs((await topOf(shop, "Asked as nobody 3")) - before - strip))
      .toBeLessThan(3)
    await expect.poll(async () => (await phone.texts()).at(-1)).toBe("Asked as nobody 12")
    expect(await shop.texts()).toEqual(await phone.texts())
  })
})
