/** Coming to new messages: who comes to more than fits begins at the first of them, and has read what they have seen. */
import type { BrowserContextOptions } from "playwright-core"
import { describe, expect, test } from "vitest"
import { violations } from "./axe.ts"
import { stage } from "./browser-stage.ts"
import { type TestApp, userToken } from "./started-hub.ts"
import type { Widget } from "./widget.ts"

const here = stage()

interface Scene {
  readonly app: TestApp
  readonly conversationId: string
  readonly widget: Widget
  say(from: number, to: number): Promise<void>
}

/** A signed-in user who has read all, with a closed window. */
async function scene(lang?: string, options?: BrowserContextOptions): Promise<Scene> {
  const app = await here.hub.app()
  const widget = await here.visit(
    { appId: app.id, ...(lang !== undefined && { lang }) },
    { ...(options && { options }) },
  )
  await widget.login(await userToken(app, "mira", "Mira Lang"))
  await widget.open()
  await widget.send("The first of all")
  await widget.row("The first of all").locator(".delivery.sent").waitFor()
  const [conversationId = ""] = await here.hub.conversationsOf(app, "mira")
  const say = async (from: number, to: number): Promise<void> => {
    for (let number = from; number <= to; number += 1)
      await here.hub.say(app, conversationId, { type: "text", text: `Line ${number} ${"word ".repeat(9)}` })
  }
  await say(1, 12)
  await widget.row("Line 12 ").waitFor()
  await widget.close()
  await widget.listen("unread")
  return { app, conversationId, widget, say }
}

/** What the page was told last of how much is unread. */
const unread = async (widget: Widget): Promise<unknown> =>
  (await widget.received()).findLast(([name]) => name === "unread")?.[1].count

/** Of the row, how far below the upper edge of the list it begins. */
const belowTop = (widget: Widget, text: string): Promise<number> =>
  widget.row(text).evaluate((row) => {
    const list = row.closest(".anchored-list")
    if (!list) throw new Error("A row lies in a list.")
    return row.getBoundingClientRect().top - list.getBoundingClientRect().top
  })

const scrollBy = (widget: Widget, by: number): Promise<void> =>
  widget.list.evaluate((list, distance) => {
    list.scrollTop += distance
  }, by)

describe("opening a window", () => {
  test("with more that is new than fits begins at the first of it; the rest is read when it has been seen", async () => {
    const { widget, say } = await scene()
    await say(13, 40)
    await expect.poll(() => unread(widget)).toBe(28)
    await widget.open()
    await widget.panel.locator(".new-line").waitFor()
    await expect.poll(() => belowTop(widget, "Line 13 ")).toBeLessThan(120)
    expect(await belowTop(widget, "Line 13 ")).toBeGreaterThan(0)
    await expect.poll(() => unread(widget)).toBeLessThan(28)
    const atFirst = await unread(widget)
    expect(atFirst).toBeGreaterThan(14)
    await here.shot(widget.page, "many-new-messages")
    await scrollBy(widget, 300)
    await expect.poll(() => unread(widget)).toBeLessThan(Number(atFirst))
    expect(await unread(widget)).toBeGreaterThan(0)
    await widget.panel.locator(".to-latest").click()
    await expect.poll(() => unread(widget)).toBe(0)
    await widget.close()
    await widget.open()
    await widget.row("Line 40 ").waitFor()
    expect(await widget.panel.locator(".new-line").count()).toBe(0)
  })

  test("begins at the first that is new also where it lies a page away, on a phone, from right to left", async () => {
    const { app, widget, say } = await scene("ar", { viewport: { width: 320, height: 640 } })
    await say(13, 129)
    await widget.page.reload()
    expect(await widget.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
    await expect.poll(() => widget.count).toBe("99+")
    expect(await violations(widget.page)).toEqual([])
    await widget.open()
    await widget.row("Line 13 ").waitFor()
    // The words of the button that leads to the end stand in one line, and are not cut off.
    const overflow = (button: Element): number => button.scrollHeight - button.clientHeight
    expect(await widget.panel.locator(".to-latest").evaluate(overflow)).toBe(0)
    expect(await violations(widget.page)).toEqual([])
    await expect.poll(() => belowTop(widget, "Line 13 ")).toBeLessThan(120)
    expect(await belowTop(widget, "Line 13 ")).toBeGreaterThan(0)
  }, 120_000)

  test("with less that is new than fits shows the end, and all of it is read", async () => {
    const { widget, say } = await scene()
    await say(13, 14)
    await expect.poll(() => unread(widget)).toBe(2)
    await widget.open()
    await widget.panel.locator(".new-line").waitFor()
    expect(await widget.panel.locator(".to-latest").count()).toBe(0)
    await expect.poll(() => unread(widget)).toBe(0)
  })
})
