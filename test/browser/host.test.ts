/** The page around: what it says to the widget, what it hears, and that neither disturbs the other. */
import { describe, expect, test } from "vitest"
import { stage } from "./browser-stage.ts"
import { userToken } from "./started-hub.ts"

const here = stage()

describe("commands", () => {
  test("that come before the script are obeyed in their order", async () => {
    const app = await here.hub.app()
    const before = `
      window.tributary = Object.assign((...order) => tributary.q.push(order), { q: [] })
      window.received = []
      tributary("on", "open", (data) => received.push(["open", data]))
      tributary("configure", { title: "Harbour Coffee", locale: "de" })
      tributary("open")`
    const widget = await here.visit({ appId: app.id, before, strict: true })
    await widget.field.waitFor()
    expect(await widget.panel.getAttribute("aria-label")).toBe("Harbour Coffee")
    await expect.poll(() => widget.field.getAttribute("placeholder")).toBe("Nachricht schreiben …")
    expect(await widget.received()).toEqual([["open", {}]])
    expect(here.complaints).toEqual([])
  })

  test("open, close, show, hide, toggle and remove", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id })
    await widget.listen("open", "close")
    await widget.command("open")
    await widget.field.waitFor()
    await widget.command("close")
    await widget.panel.waitFor({ state: "detached" })
    await widget.command("toggle")
    await widget.field.waitFor()
    await widget.command("hide")
    await widget.launcher.waitFor({ state: "hidden" })
    await widget.panel.waitFor({ state: "detached" })
    await widget.command("show")
    await widget.launcher.waitFor()
    expect((await widget.received()).map(([name]) => name)).toEqual(["open", "close", "open", "close"])
    await widget.command("remove")
    expect(await widget.page.locator("tributary-widget").count()).toBe(0)
    await widget.command("open")
    expect(here.complaints).toEqual([])
  })

  test("the page hears of messages, of what is unread, and of signing in and out", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id })
    await widget.listen("message", "unread", "auth")
    expect(await widget.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
    await widget.open()
    await widget.send("Hello?")
    await widget.row("Hello?").locator(".delivery.sent").waitFor()
    await widget.close()
    const [conversationId = ""] = await here.hub.conversationsOf(app, "mira")
    await here.hub.say(app, conversationId, { type: "text", text: "Yes?" })
    await expect.poll(() => widget.count).toBe("1")
    await widget.logout()
    const received = await widget.received()
    const lines = received.map(([name, { type, count }]) => `${name} ${type ?? count ?? ""}`.trim())
    expect(lines.filter((line) => line !== "unread 0")).toEqual([
      "auth login",
      "message",
      ...["unread 1", "message"].sort((a, b) => lines.indexOf(a) - lines.lastIndexOf(b)),
      "auth logout",
    ])
    expect(received.find(([name]) => name === "auth")?.[1]).toMatchObject({ externalId: "mira" })
  })

  test("a token may be given by a callback, a promise, or as it is", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id })
    const jwt = await userToken(app, "mira", "Mira Lang")
    const failures = await widget.page.evaluate(async (token) => {
      const { tributary } = globalThis as unknown as { tributary: (...order: unknown[]) => void }
      const login = (source: unknown) => new Promise((resolve) => tributary("loginUser", source, resolve))
      return [
        await login((give: (token: string) => void) => setTimeout(() => give(token), 10)),
        await login((give: (token: string) => void) => Promise.resolve(token).then(give)),
        await login(async () => token),
        await login(() => token),
        await login(async () => undefined),
        await login(() => Promise.reject(new Error("The shop is away."))),
        await login(token),
        await login({ token }),
      ]
    }, jwt)
    expect(failures).toEqual([
      null,
      null,
      null,
      null,
      expect.objectContaining({ code: "not_signed_in" }),
      expect.objectContaining({ message: expect.stringContaining("The shop is away.") }),
      null,
      expect.objectContaining({ code: "bad_request" }),
    ])
    expect(here.complaints).toEqual([])
  })
})

test("a help centre's cookie signs in; without one the visitor's chat begins", async () => {
  const app = await here.hub.app()
  const data = { "help-center": "true" }
  const origin = new URL(here.site.page({ hub: here.hub.url, appId: app.id })).origin
  const helpCenter = { enabled: true, cookie: "help_session", origins: [origin], key: app.user.kid }
  await here.hub.admin("PATCH", `/v1/apps/${app.id}`, { settings: { helpCenter } })
  const nobody = await here.visit({ appId: app.id, data })
  await nobody.open()
  await nobody.send("Without a cookie")
  await nobody.row("Without a cookie").locator(".delivery.sent").waitFor()

  const value = await userToken(app, "C-7", "Mira Lang", 3600, { sub: "reader-7" })
  await nobody.page.context().addCookies([{ name: "help_session", value, url: here.hub.url }])
  await nobody.page.reload()
  await nobody.open()
  await nobody.panel.locator(".person", { hasText: "Mira Lang" }).waitFor()
  await expect.poll(() => nobody.texts()).toEqual(["Without a cookie"])

  // Who signs out here is a visitor until the page says otherwise.
  await nobody.logout()
  await expect.poll(() => nobody.texts()).toEqual([])
  await nobody.send("Somebody else")
  await nobody.row("Somebody else").locator(".delivery.sent").waitFor()
  expect(await nobody.panel.locator(".person").count()).toBe(0)
  expect(here.complaints).toEqual([])
})

describe("looks", () => {
  test("follow the tag: colour, corner, height, language", async () => {
    const app = await here.hub.app()
    const data = {
      position: "start",
      "z-index": "77",
      color: "#7a1fa2",
      theme: "light",
      title: "Ahoy",
      locale: "de",
    }
    const widget = await here.visit({ appId: app.id, data })
    const box = await widget.launcher.boundingBox()
    expect(box?.x).toBeLessThan(60)
    const style = await widget.launcher.evaluate((button) => {
      const { backgroundColor, zIndex } = getComputedStyle(button)
      return { backgroundColor, zIndex }
    })
    expect(style).toEqual({ backgroundColor: "rgb(122, 31, 162)", zIndex: "77" })
    expect(await widget.launcher.getAttribute("aria-label")).toBe("Chat öffnen")
    await widget.open()
    await widget.send("Guten Tag")
    await widget.row("Guten Tag").locator(".delivery.sent", { hasText: "Gesendet" }).waitFor()
    await here.shot(widget.page, "german")
  })

  test.each([
    ["#ffd400", "dark"],
    ["#0b5c6b", "light"],
    ["rebeccapurple", "light"],
    ["hsl(90 80% 75%)", "dark"],
  ])("in any colour of the site its words can be read: %s takes %s ones", async (color, words) => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id, data: { color } })
    // In oklch, as the browser reckons it: a lightness of 0 or of 1.
    const written = await widget.launcher.evaluate((button) => getComputedStyle(button).color)
    expect(written).toMatch(words === "dark" ? /^oklch\(0 / : /^oklch\(1 /)
  })

  test("of the page leave it alone, and it leaves the page alone", async () => {
    const app = await here.hub.app()
    const style = `* { letter-spacing: 9px !important; box-sizing: content-box; }
      button, textarea { background: lime !important; display: none !important }
      div { font-size: 40px; transform: rotate(3deg) } tributary-widget { display: none; opacity: 0 }`
    const plain = await here.visit({ appId: app.id })
    const before = await plain.page.locator("#buy").evaluate((button) => getComputedStyle(button).cssText)
    const loud = await here.visit({ appId: app.id, style })
    await plain.open()
    await loud.launcher.click()
    await loud.field.waitFor()
    const measured = (widget: typeof plain) =>
      widget.panel.evaluate((panel) => {
        const { width, height } = panel.getBoundingClientRect()
        const { letterSpacing, fontSize } = getComputedStyle(panel)
        return { width: Math.round(width), height: Math.round(height), letterSpacing, fontSize }
      })
    await expect.poll(() => measured(loud)).toEqual(await measured(plain))
    expect(await plain.page.locator("#buy").evaluate((button) => getComputedStyle(button).cssText)).toBe(
      before,
    )
  })

  test("stay where they are, whatever the page does with its body", async () => {
    const app = await here.hub.app()
    const style = "body { transform: translateX(0); margin: 0 }"
    const plain = await here.visit({ appId: app.id })
    const widget = await here.visit({ appId: app.id, style })
    expect(await widget.launcher.boundingBox()).toEqual(await plain.launcher.boundingBox())
    await widget.open()
    await widget.field.fill("half typed")
    await widget.page.evaluate(() => {
      document.body.innerHTML = "<h1>Another page of the site</h1>"
      document.body.replaceWith(document.createElement("body"))
    })
    expect(await widget.field.inputValue()).toBe("half typed")
    // Frameworks that draw the whole document put another one in its place.
    await widget.page.evaluate(() => {
      const root = document.createElement("html")
      root.append(document.createElement("head"), document.createElement("body"))
      document.removeChild(document.documentElement)
      document.append(root)
    })
    await expect.poll(() => widget.field.inputValue()).toBe("half typed")
    await widget.page.evaluate(() => document.querySelector("tributary-widget")?.remove())
    await widget.page.evaluate(() => document.body.replaceWith(document.createElement("body")))
    expect(await widget.page.locator("tributary-widget").count()).toBe(0)
    expect(here.complaints).toEqual([])
  })

  test("from right to left, with words of the language", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id, lang: "ar" })
    const box = await widget.launcher.boundingBox()
    expect(box?.x).toBeLessThan(60)
    await widget.open()
    await expect.poll(() => widget.field.getAttribute("placeholder")).toBe("اكتب رسالة…")
    await widget.send("أين طردي؟")
    await widget.row("أين طردي؟").locator(".delivery.sent").waitFor()
    const own = await widget.row("أين طردي؟").locator(".bubble").boundingBox()
    const panel = await widget.panel.boundingBox()
    expect((own?.x ?? 999) - (panel?.x ?? 0)).toBeLessThan(40)
    await here.shot(widget.page, "right-to-left")
  })

  test("from right to left in a language that it does not speak: each sentence ends where it ends", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id, lang: "he" })
    await widget.open()
    expect(await widget.field.getAttribute("placeholder")).toBe("\u2066Write a message…\u2069")
  })

  test("in the dark, also when dusk falls meanwhile", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id })
    await widget.open()
    const ground = () => widget.panel.evaluate((panel) => getComputedStyle(panel).backgroundColor)
    expect(await ground()).toBe("rgb(255, 255, 255)")
    await widget.page.emulateMedia({ colorScheme: "dark" })
    await expect.poll(ground).toBe("rgb(18, 25, 28)")
    await widget.send("It is late")
    await widget.row("It is late").locator(".delivery.sent").waitFor()
    await here.shot(widget.page, "dark")
    await widget.command("configure", { theme: "light" })
    await expect.poll(ground).toBe("rgb(255, 255, 255)")
  })

  test("on a phone it is the whole screen, and the page beneath stands still", async () => {
    const app = await here.hub.app()
    const widget = await here.visit(
      { appId: app.id },
      { options: { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true } },
    )
    await widget.launcher.tap()
    await widget.field.waitFor()
    await widget.field.fill("From my phone")
    await widget.panel.locator(".send").tap()
    await widget.row("From my phone").locator(".delivery.sent").waitFor()
    await expect.poll(() => widget.panel.boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 780 })
    const overflow = () => widget.page.evaluate(() => getComputedStyle(document.documentElement).overflow)
    await expect.poll(overflow).toBe("hidden")
    // The keyboard takes the lower half.
    await widget.page.setViewportSize({ width: 390, height: 430 })
    await expect.poll(async () => (await widget.panel.boundingBox())?.height).toBe(430)
    expect(await widget.field.isVisible()).toBe(true)
    await here.shot(widget.page, "phone-keyboard")
    // Much is written, and the keyboard grows: the end of the conversation stays in sight above it.
    await widget.field.fill("one\ntwo\nthree\nfour\nfive\nsix\nseven\neight")
    await widget.page.setViewportSize({ width: 390, height: 330 })
    await expect
      .poll(async () => {
        const [list, row] = await Promise.all([
          widget.list.boundingBox(),
          widget.row("From my phone").boundingBox(),
        ])
        return list && row ? row.y >= list.y - 1 && row.y + row.height <= list.y + list.height + 1 : false
      })
      .toBe(true)
    await widget.field.fill("")
    await widget.page.setViewportSize({ width: 390, height: 780 })
    await here.shot(widget.page, "phone")
    await widget.panel.getByRole("button", { name: "Close the chat" }).tap()
    await widget.panel.waitFor({ state: "detached" })
    await expect.poll(overflow).toBe("visible")
  })
})
