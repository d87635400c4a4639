/** Lines that break, hubs that die, tokens that end: nothing typed is lost, nothing is said twice. */
import { expect, test } from "vitest"
import { stage } from "./browser-stage.ts"
import { userToken } from "./started-hub.ts"

const here = stage()

test("a hub that is killed: what is typed meanwhile waits, over a reload too, and is sent once", async () => {
  const app = await here.hub.app()
  const widget = await here.visit({ appId: app.id })
  expect(await widget.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
  await widget.open()
  await widget.send("Before")
  await widget.row("Before").locator(".delivery.sent").waitFor()
  await here.hub.kill()
  await widget.send("One")
  await widget.send("Two")
  await widget.banner.waitFor()
  expect(await widget.banner.textContent()).toContain("2 messages wait")
  await widget.row("Two").locator(".delivery.waiting").waitFor()
  await here.shot(widget.page, "offline")
  await here.hub.start()
  await widget.row("Two").locator(".delivery.sent").waitFor()
  await widget.banner.waitFor({ state: "detached" })
  expect(await widget.texts()).toEqual(["Before", "One", "Two"])
  const [conversationId = ""] = await here.hub.conversationsOf(app, "mira")
  expect(await here.hub.textsOf(app, conversationId)).toEqual(["Before", "One", "Two"])
})

test("a reload while the line is away: what was typed is still shown, and sent once when it is back", async () => {
  const app = await here.hub.app()
  const widget = await here.visit({ appId: app.id })
  await widget.open()
  await widget.send("Before")
  await widget.row("Before").locator(".delivery.sent").waitFor()
  await here.hub.kill()
  await widget.send("Typed in the tunnel")
  await widget.row("Typed in the tunnel").waitFor()
  // The scripts come out of the browser's cache.
  await widget.page.reload()
  await widget.launcher.click()
  await widget.row("Typed in the tunnel").waitFor()
  await here.hub.start()
  await widget.row("Typed in the tunnel").locator(".delivery.sent").waitFor()
  await expect.poll(() => widget.texts()).toEqual(["Before", "Typed in the tunnel"])
})

test("a token that ends is renewed without a word; one that cannot be is told, and what is typed is kept", async () => {
  const app = await here.hub.app()
  const widget = await here.visit({ appId: app.id })
  const brief = await userToken(app, "mira", "Mira Lang", 3)
  const long = await userToken(app, "mira", "Mira Lang")
  await widget.page.evaluate(
    ([first, second]) => {
      const { tributary } = globalThis as unknown as { tributary: (...order: unknown[]) => void }
      const tokens = [first, second]
      return new Promise((resolve) => tributary("loginUser", () => tokens.shift(), resolve))
    },
    [brief, await userToken(app, "mira", "Mira Lang", 4)],
  )
  await widget.listen("auth")
  await widget.open()
  await widget.send("Before the end")
  await widget.row("Before the end").locator(".delivery.sent").waitFor()
  await widget.field.fill("half a sentence")
  // The second token ends, too, and there is no third.
  await widget.banner.waitFor()
  expect(await widget.banner.textContent()).toContain("Sign in again")
  expect(await widget.field.inputValue()).toBe("half a sentence")
  await widget.field.press("Enter")
  await here.shot(widget.page, "signed-out")
  expect(await widget.login(long)).toBeNull()
  await widget.row("half a sentence").locator(".delivery.sent").waitFor()
  await widget.banner.waitFor({ state: "detached" })
})

test("a sign-in that ended while the hub was away is told when it is back, and the next one goes on", async () => {
  const app = await here.hub.app()
  const widget = await here.visit({ appId: app.id })
  const brief = await userToken(app, "mira", "Mira Lang", 8)
  const end = Date.now() + 8_000
  await widget.page.evaluate((jwt) => {
    const { tributary } = globalThis as unknown as { tributary: (...order: unknown[]) => void }
    const tokens = [jwt]
    return new Promise((resolve) => tributary("loginUser", () => tokens.shift() ?? null, resolve))
  }, brief)
  await widget.open()
  await here.hub.kill()
  await widget.field.fill("half a sentence")
  await expect.poll(() => Date.now()).toBeGreaterThan(end)
  await here.hub.start()
  await widget.page.evaluate(() => dispatchEvent(new Event("online")))
  await expect.poll(() => widget.banner.textContent()).toContain("Sign in again")
  expect(await widget.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
  await widget.banner.waitFor({ state: "detached" })
  expect(await widget.field.inputValue()).toBe("half a sentence")
})

test("two tabs: what one does, the other shows", async () => {
  const app = await here.hub.app()
  const profile = await here.profile()
  const one = await here.visit({ appId: app.id }, { profile })
  await one.open()
  await one.send("From the first tab")
  await one.row("From the first tab").locator(".delivery.sent").waitFor()
  const two = await here.visit({ appId: app.id }, { profile })
  await two.open()
  await expect.poll(() => two.texts()).toEqual(["From the first tab"])
  expect(await one.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
  await two.panel.locator(".person", { hasText: "Mira Lang" }).waitFor()
  await two.send("From the second tab")
  await expect.poll(() => one.texts()).toEqual(["From the first tab", "From the second tab"])
  expect(await two.banner.count()).toBe(0)
  await one.logout()
  await expect.poll(() => two.texts()).toEqual([])
  expect(await two.panel.locator(".person").count()).toBe(0)
  await two.send("Somebody else")
  await expect.poll(() => one.texts()).toEqual(["Somebody else"])
})

test("a page that signs in while the chat cannot be loaded is signed in when it can", async () => {
  const app = await here.hub.app()
  const isWindow = /\/(assets\/widget-|widget-latest)/
  const widget = await here.visit(
    { appId: app.id },
    {
      before: async (page) => {
        await page.clock.install()
        await page.route(isWindow, (route) => route.abort())
      },
    },
  )
  await widget.listen("auth")
  const login = widget.login(await userToken(app, "mira", "Mira Lang"))
  await widget.command("open")
  await expect
    .poll(async () => {
      await widget.page.clock.runFor(5_000)
      return here.complaints.join()
    })
    .toContain("the chat could not be loaded")
  await widget.page.unroute(isWindow)
  await widget.page.evaluate(() => dispatchEvent(new Event("online")))
  expect(await login).toBeNull()
  // It was to be opened long ago.
  expect(await widget.panel.count()).toBe(0)
})
