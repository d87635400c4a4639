/** Pages that do something with their root element: what is drawn beside the body stands where it stands elsewhere. */
import { expect, test } from "vitest"
import { violations } from "./axe.ts"
import { stage } from "./browser-stage.ts"
import type { Widget } from "./widget.ts"

const here = stage()

const body = `<main><h1>Harbour Coffee</h1>${"<p>Roasted slowly, sent quickly.</p>".repeat(80)}</main>`

const visit = async (style: string): Promise<Widget> => {
  const app = await here.hub.app()
  return here.visit({ appId: app.id, style, body })
}

const boxes = async (widget: Widget) => {
  await widget.page.evaluate(() => scrollTo(0, 600))
  const launcher = await widget.launcher.boundingBox()
  await widget.open()
  return { launcher, panel: await widget.panel.boundingBox() }
}

const inTopLayer = (widget: Widget): Promise<boolean> =>
  widget.page.locator("tributary-widget .stage").evaluate((whole) => whole.matches(":popover-open"))

test.each([
  "transform: translateZ(0)",
  "scale: 1",
  "perspective: 900px",
  "contain: layout",
  "contain: content",
  "will-change: transform",
])("a root that holds what is fixed does not hold this: %s", async (style) => {
  const plain = await visit("")
  const widget = await visit(`html { ${style} }`)
  expect(await boxes(widget)).toEqual(await boxes(plain))
  expect([await inTopLayer(widget), await inTopLayer(plain)]).toEqual([true, false])
})

test("out of such a root all goes on as elsewhere: writing, the focus, the rules of axe, another document", async () => {
  const widget = await visit("html { transform: translateZ(0) }")
  await widget.open()
  await widget.send("Hello?")
  await widget.row("Hello?").locator(".delivery.sent").waitFor()
  expect(await violations(widget.page)).toEqual([])
  await widget.page.keyboard.press("Tab")
  await widget.page.keyboard.press("Tab")
  expect(await widget.panel.evaluate((panel) => panel.matches(":focus-within"))).toBe(true)
  await widget.close()
  expect(await widget.launcher.evaluate((button) => button.matches(":focus"))).toBe(true)
  await widget.page.evaluate(() => {
    const root = document.createElement("html")
    root.style.transform = "translateZ(0)"
    root.append(document.createElement("head"), document.createElement("body"))
    document.replaceChild(root, document.documentElement)
  })
  await expect.poll(() => inTopLayer(widget)).toBe(true)
  await widget.page.evaluate(() => {
    document.documentElement.style.transform = ""
  })
  await widget.open()
  expect(await inTopLayer(widget)).toBe(false)
  expect(await widget.texts()).toEqual(["Hello?"])
  expect(here.complaints).toEqual([])
})

test.each([
  [2, { width: 1180, height: 820 }],
  [2, { width: 390, height: 844 }],
  [0.5, { width: 390, height: 844 }],
])("a root enlarged %d times: all of the window is seen at %o", async (zoom, viewport) => {
  const app = await here.hub.app()
  const widget = await here.visit(
    { appId: app.id, style: `html { zoom: ${zoom} }`, body },
    { options: { viewport } },
  )
  await widget.open()
  const { x, y, width, height } = (await widget.panel.boundingBox()) ?? { x: -1, y: -1, width: 0, height: 0 }
  expect(Math.min(x, y)).toBeGreaterThanOrEqual(0)
  expect(x + width).toBeLessThanOrEqual(viewport.width)
  expect(y + height).toBeLessThanOrEqual(viewport.height)
  if (viewport.width < 480) expect([width, height]).toEqual([viewport.width, viewport.height])
})

test.each(["display: flex; gap: 50px", "display: grid; grid-auto-rows: 300px; gap: 50px", "column-count: 2"])(
  "a root that lays its children out has none more: %s",
  async (style) => {
    const widget = await visit(`html { ${style} } body { flex: 1 }`)
    const page = () =>
      widget.page.evaluate(() => {
        const { scrollWidth, scrollHeight } = document.documentElement
        return { scrollWidth, scrollHeight, width: document.body.getBoundingClientRect().width }
      })
    const before = await page()
    await widget.command("remove")
    expect(await page()).toEqual(before)
  },
)

test("a root with properties of its own does not colour the words", async () => {
  const widget = await visit(":root { --on-color: red; --viewport-top: 50px; --accent: red }")
  const { color, backgroundColor } = await widget.launcher.evaluate((button) => {
    const style = getComputedStyle(button)
    return { color: style.color, backgroundColor: style.backgroundColor }
  })
  expect([color, backgroundColor]).toEqual(["rgb(255, 255, 255)", "rgb(11, 92, 107)"])
})
