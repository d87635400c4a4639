/** Without a mouse, without eyes, without movement: the widget by keyboard, by axe's rules, and by what is said aloud. */
import axe from "axe-core"
import { describe, expect, test } from "vitest"
import { stage } from "./browser-stage.ts"
import { longestMovement, rest } from "./movement.ts"
import { userToken } from "./started-hub.ts"
import type { Widget } from "./widget.ts"

const here = stage()

/**
 * What axe finds wrong in the widget; of the page around, nothing is asked.
 *
 * @param rules only these
 */
async function violations(widget: Widget, rules?: readonly string[]): Promise<string[]> {
  await rest(widget.page)
  if (!(await widget.page.evaluate(() => "axe" in globalThis))) await widget.page.evaluate(axe.source)
  return await widget.page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as {
      axe: { run(context: object, options: object): Promise<{ violations: Found[] }> }
    }
    interface Found {
      readonly id: string
      readonly nodes: readonly { readonly target: unknown; readonly failureSummary: string }[]
    }
    const { violations } = await axe.run({ include: ["tributary-widget"] }, only ? { runOnly: only } : {})
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${JSON.stringify(node.target)} ${node.failureSummary}`),
    )
  }, rules)
}

describe("axe finds nothing", () => {
  test.each(["light", "dark"] as const)(
    "in the %s: launcher, beginning, conversation, offline",
    async (colorScheme) => {
      // The dark is the same in other colours.
      const rules = colorScheme === "dark" ? ["color-contrast"] : undefined
      const app = await here.hub.app()
      const widget = await here.visit({ appId: app.id }, { options: { colorScheme } })
      expect(await violations(widget, rules)).toEqual([])
      await widget.login(await userToken(app, "mira", "Mira Lang"))
      await widget.open()
      expect(await violations(widget, rules)).toEqual([])
      await widget.send("Hello?")
      await widget.row("Hello?").locator(".delivery.sent").waitFor()
      const [id = ""] = await here.hub.conversationsOf(app, "mira")
      await widget.close()
      await here.hub.say(app, id, { type: "text", text: "See https://example.com" })
      await here.hub.say(app, id, { type: "file", url: "https://files.invalid/a.pdf", name: "a.pdf" })
      await expect.poll(() => widget.count).toBe("2")
      expect(await violations(widget, rules)).toEqual([])
      await widget.open()
      await widget.panel.locator(".new-line").waitFor()
      expect(await violations(widget, rules)).toEqual([])
      await here.hub.kill()
      await widget.send("Into the void")
      await widget.banner.waitFor()
      expect(await violations(widget, rules)).toEqual([])
    },
  )

  test("with forms, in the list of conversations, from right to left, and on a phone", async () => {
    const app = await here.hub.app({
      conversationMode: "multi",
      defaultResponder: { enabled: true, askFor: ["name", "email"] },
    })
    const widget = await here.visit(
      { appId: app.id, lang: "ar" },
      { options: { viewport: { width: 390, height: 780 } } },
    )
    await widget.open()
    await widget.send("Hello?")
    await widget.panel.locator("form.form-card").waitFor()
    await widget.panel.locator("form.form-card button").click()
    await widget.panel.locator(".complaint").first().waitFor()
    expect(await violations(widget)).toEqual([])
    await widget.panel.locator(".head .icon-button").first().click()
    await widget.panel.locator(".line").waitFor()
    expect(await violations(widget)).toEqual([])
  })
})

/** The name of what has the focus. */
const focused = (widget: Widget): Promise<string> =>
  widget.page.evaluate(() => {
    const active = document.activeElement?.shadowRoot?.activeElement ?? document.activeElement
    return active?.getAttribute("aria-label") ?? active?.textContent ?? ""
  })

test("by keyboard alone: open, write, go round, close, and be where one was", async () => {
  const app = await here.hub.app()
  const widget = await here.visit({ appId: app.id })
  await widget.launcher.focus()
  await widget.page.keyboard.press("Enter")
  await widget.field.waitFor()
  await expect.poll(() => focused(widget)).toBe("Your message")
  await widget.page.keyboard.type("By hand")
  await widget.page.keyboard.press("Enter")
  await widget.row("By hand").locator(".delivery.sent").waitFor()
  expect(await focused(widget)).toBe("Your message")
  const stops = new Set<string>()
  for (let step = 0; step < 8; step += 1) {
    await widget.page.keyboard.press("Tab")
    stops.add(await focused(widget))
  }
  // It goes round within the window: nothing of the page, and everything of the window.
  expect([...stops].sort()).toEqual(["Close the chat", "Messages", "Your message"])
  await widget.page.keyboard.press("Escape")
  await widget.panel.waitFor({ state: "detached" })
  expect(await focused(widget)).toBe("Open the chat")
})

test("what comes is said aloud, and what failed at once", async () => {
  const app = await here.hub.app()
  const widget = await here.visit({ appId: app.id })
  await widget.login(await userToken(app, "mira", "Mira Lang"))
  await widget.open()
  await widget.send("Hello?")
  await widget.row("Hello?").locator(".delivery.sent").waitFor()
  const [id = ""] = await here.hub.conversationsOf(app, "mira")
  await here.hub.say(app, id, { type: "text", text: "Good morning" })
  const aloud = widget.panel.locator(".read-aloud[role=status]")
  await expect.poll(() => aloud.allTextContents()).toContain("Ana: Good morning")
  expect(await widget.panel.getAttribute("role")).toBe("dialog")
})

test("a user who asks for reduced motion sees no movement", async () => {
  const app = await here.hub.app()
  const widget = await here.visit({ appId: app.id }, { options: { reducedMotion: "reduce" } })
  await widget.open()
  expect(await longestMovement(widget.panel)).toBeLessThan(0.001)
})

test("while the chat is on its way the launcher says and shows so, without movement too", async () => {
  const app = await here.hub.app()
  let arrive = (): void => undefined
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const widget = await here.visit(
    { appId: app.id },
    {
      options: { reducedMotion: "reduce" },
      before: async (page) => {
        await page.route(/\/assets\/widget-/, async (route) => {
          await arrived
          await route.continue()
        })
      },
    },
  )
  const shown = (): Promise<string> =>
    widget.launcher.locator(".dots").evaluate((dots) => getComputedStyle(dots).opacity)
  expect(await shown()).toBe("0")
  await widget.launcher.click()
  expect(await widget.launcher.getAttribute("aria-busy")).toBe("true")
  expect(await shown()).toBe("1")
  expect(await longestMovement(widget.launcher)).toBeLessThan(0.001)
  expect(await violations(widget)).toEqual([])
  arrive()
  await widget.panel.waitFor()
  expect(await widget.launcher.getAttribute("aria-busy")).toBe("false")
  expect(await shown()).toBe("0")
})
