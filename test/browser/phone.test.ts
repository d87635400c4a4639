/** The widget on a phone: whose page is wider than it, who zooms in, turns it, or has a notch – and the page beneath. */
import type { BrowserContextOptions, CDPSession } from "playwright-core"
import { describe, expect, test } from "vitest"
import { stage } from "./browser-stage.ts"
import type { Tag } from "./owner-site.ts"
import type { Widget } from "./widget.ts"

const here = stage()

const PARAGRAPHS = "<p>Roasted slowly, sent quickly.</p>".repeat(60)
const WHOLE = { x: 0, y: 0, width: 390, height: 844 }

const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 3,
  hasTouch: true,
  isMobile: true,
}

async function onPhone(tag: Partial<Tag> = {}): Promise<Widget> {
  const app = await here.hub.app()
  return here.visit({ appId: app.id, body: PARAGRAPHS, ...tag }, { options: PHONE })
}

/** By script: where a part is seen, a finger is not where the page says. */
const close = (widget: Widget): Promise<void> =>
  widget.command("close").then(() => widget.panel.waitFor({ state: "detached" }))

const session = (widget: Widget): Promise<CDPSession> => widget.page.context().newCDPSession(widget.page)

async function pinch(fingers: CDPSession, scaleFactor: number): Promise<void> {
  await fingers.send("Input.synthesizePinchGesture", { x: 60, y: 100, scaleFactor, relativeSpeed: 2_000 })
}

const scaleOf = (widget: Widget): Promise<number> => widget.page.evaluate(() => visualViewport?.scale ?? 0)

/** Where a part stands on the page, and how large it is, whatever part of it is seen. */
const boxOf = (part: Widget["panel"]) =>
  part.evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect()
    return { x, y, width, height }
  })

test("who zooms in sees a part of the window as it was, and the launcher is in its place afterwards", async () => {
  const widget = await onPhone()
  const fingers = await session(widget)
  const before = await boxOf(widget.launcher)
  await widget.command("open")
  await widget.field.waitFor()
  await pinch(fingers, 2)
  await expect.poll(() => scaleOf(widget)).toBeGreaterThan(1.5)
  await widget.field.pressSequentially("zoomed in")
  expect(await boxOf(widget.panel)).toEqual(WHOLE)
  await pinch(fingers, 0.2)
  await expect.poll(() => scaleOf(widget)).toBe(1)
  expect(await boxOf(widget.panel)).toEqual(WHOLE)
  expect(await widget.field.inputValue()).toBe("zoomed in")
  await close(widget)
  expect(await boxOf(widget.launcher)).toEqual(before)
})

test.each(["ltr", "rtl"])("on a page wider than the phone, %s, all of the window is seen", async (dir) => {
  const style = `html { direction: ${dir} } #wide { width: 900px }`
  const widget = await onPhone({ style, body: `<p id="wide">A table</p>${PARAGRAPHS}` })
  await widget.command("open")
  await widget.field.waitFor()
  await expect.poll(() => boxOf(widget.panel)).toEqual(WHOLE)
  for (const part of [widget.panel.getByRole("button", { name: "Close the chat" }), widget.field]) {
    const { x, width } = await boxOf(part)
    const hit = await widget.page.evaluate(
      ([from, to]) => [from, to].map((at) => document.elementFromPoint(at, 30)?.localName),
      [x + 1, x + width - 1] as const,
    )
    expect(hit).toEqual(["tributary-widget", "tributary-widget"])
  }
})

describe("the page beneath", () => {
  test.each([
    ["of any kind", ""],
    ["whose body is as high as the screen", "html, body { height: 100% } body { overflow-x: hidden }"],
    ["whose body alone may scroll", "body { height: 100vh; overflow: auto }"],
  ])("stands still, and is where it was: a page %s", async (_, style) => {
    const widget = await onPhone({ style })
    const standing = () => widget.page.evaluate(() => [scrollX, scrollY])
    const scrolls = () =>
      widget.page.evaluate(() => {
        scrollBy({ top: 100, behavior: "instant" })
        const { overflow } = getComputedStyle(document.documentElement)
        return [overflow, getComputedStyle(document.body).overflow].every((one) => one !== "hidden")
      })
    await widget.page.evaluate(() => scrollTo({ top: 700, behavior: "instant" }))
    await widget.open()
    expect(await standing()).toEqual([0, 700])
    await close(widget)
    expect(await standing()).toEqual([0, 700])
    expect(await scrolls()).toBe(true)
    expect(await standing()).toEqual([0, 800])
  })

  test("may lock itself before or meanwhile, and scrolls again when both let it", async () => {
    const widget = await onPhone()
    const menu = (open: boolean) =>
      widget.page.evaluate((hides) => {
        const { style, dataset } = document.documentElement
        if (hides) dataset.before = style.overflow
        style.overflow = hides ? "hidden" : (dataset.before ?? "")
      }, open)
    const overflow = () => widget.page.evaluate(() => getComputedStyle(document.documentElement).overflow)
    await menu(true)
    await widget.command("open")
    await widget.field.waitFor()
    await menu(false)
    await close(widget)
    expect(await overflow()).toBe("visible")
    await widget.command("open")
    await widget.field.waitFor()
    await menu(true)
    await close(widget)
    expect(await overflow()).toBe("hidden")
    await menu(false)
    expect(await overflow()).toBe("visible")
  })
})

describe("a phone that is turned", () => {
  const TURNED = { width: 844, height: 390 }

  test("keeps what is typed in a field that fits it, and the reader where they read", async () => {
    const widget = await onPhone()
    await widget.open()
    for (let line = 0; line < 24; line += 1) {
      await widget.field.fill(`Line ${line} ${"of some words ".repeat(2 + ((line * 7) % 11))}`)
      await widget.panel.locator(".send").click()
    }
    await widget.row("Line 23 ").locator(".delivery.sent").waitFor()
    const typed = "What is typed takes two lines of a phone, and one where it lies on its side"
    await widget.field.fill(typed)
    const height = () => widget.field.evaluate((field) => field.clientHeight)
    const upright = await height()
    // Of a long row the end is seen; the one below it is where the reader reads.
    const read = await widget.list.evaluate((all) => {
      const rows = [...all.querySelectorAll("[data-row]")]
      const long = rows.findIndex((row, at) => at > 4 && row.getBoundingClientRect().height > 120)
      const end = rows[long]?.getBoundingClientRect().bottom ?? 0
      all.scrollTop += end - all.getBoundingClientRect().top - 30
      return /Line \d+ /.exec(rows[long + 1]?.textContent ?? "")?.[0] ?? ""
    })
    const standing = async () => (await boxOf(widget.row(read).first())).y - (await boxOf(widget.list)).y
    const before = await standing()
    expect(before).toBeLessThan(60)
    for (let turn = 0; turn < 2; turn += 1) {
      await widget.page.setViewportSize(TURNED)
      await expect.poll(height).toBeLessThan(upright)
      await expect.poll(async () => Math.abs((await standing()) - before)).toBeLessThan(3)
      await widget.page.setViewportSize(WHOLE)
      await expect.poll(height).toBe(upright)
      await expect.poll(async () => Math.abs((await standing()) - before)).toBeLessThan(3)
    }
    expect(await widget.field.inputValue()).toBe(typed)
  })

  test("has a notch at its side, and nothing is behind it", async () => {
    const widget = await onPhone()
    await widget.page.setViewportSize(TURNED)
    const device = await session(widget)
    await device.send("Emulation.setSafeAreaInsetsOverride", { insets: { left: 50, right: 40 } })
    await widget.open()
    await expect.poll(() => boxOf(widget.panel.locator(".head"))).toMatchObject({ x: 50, width: 754 })
    expect(await boxOf(widget.panel.locator(".composer"))).toMatchObject({ x: 50, width: 754 })
  })
})
