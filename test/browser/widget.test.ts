/** The widget in the page of a site: what a visitor does with it, from the first press to the end of the day. */
import type { Page } from "playwright-core"
import { describe, expect, test } from "vitest"
import { stage } from "./browser-stage.ts"
import { type TestApp, userToken } from "./started-hub.ts"
import { TestAgent } from "./wire-agent.ts"

const here = stage()

/** How many texts that match live in the page's memory once its garbage is collected. */
async function remembered(page: Page, words: RegExp): Promise<number> {
  const session = await page.context().newCDPSession(page)
  let text = ""
  session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => {
    text += chunk
  })
  await session.send("HeapProfiler.enable")
  await session.send("HeapProfiler.collectGarbage")
  await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false })
  await session.detach()
  const { strings }: { strings: string[] } = JSON.parse(text)
  return strings.filter((one) => words.test(one)).length
}

const conversationOf = async (app: TestApp, externalId: string): Promise<string> => {
  const [id] = await here.hub.conversationsOf(app, externalId)
  if (id === undefined) throw new Error("There is no conversation yet.")
  return id
}

test("a visitor writes, and has it again after a reload, under a strict policy of the page", async () => {
  const app = await here.hub.app()
  const widget = await here.visit({ appId: app.id, strict: true })
  await widget.open()
  await widget.send("Is my parcel on its way?")
  await widget.row("Is my parcel").locator(".delivery.sent").waitFor()
  await widget.page.reload()
  await widget.open()
  await expect.poll(() => widget.texts()).toEqual(["Is my parcel on its way?"])
  expect(here.complaints).toEqual([])
})

test("nothing is fetched but the loader until the visitor reaches for the launcher", async () => {
  const app = await here.hub.app()
  const profile = await here.profile()
  const asked: string[] = []
  profile.on("request", (request) => asked.push(new URL(request.url()).pathname))
  const widget = await here.visit({ appId: app.id }, { profile })
  await widget.page.waitForLoadState("networkidle")
  expect(asked.filter((path) => /widget|assets/.test(path))).toEqual(["/widget.js"])
  await widget.open()
  expect(asked.some((path) => path.startsWith("/assets/widget-"))).toBe(true)
})

describe("a visitor who signs in", () => {
  test("in the middle: the history of before slides in, what is typed stays, and the phone sees it live", async () => {
    const app = await here.hub.app()
    const token = () => userToken(app, "mira", "Mira Lang")
    const phone = await here.visit({ appId: app.id }, { options: { viewport: { width: 390, height: 780 } } })
    expect(await phone.login(await token())).toBeNull()
    await phone.open()
    await phone.send("From my phone, yesterday")
    await phone.row("From my phone").locator(".delivery.sent").waitFor()

    const shop = await here.visit({ appId: app.id })
    await shop.open()
    await shop.send("Is my parcel on its way?")
    await shop.row("Is my parcel").locator(".delivery.sent").waitFor()
    await shop.field.fill("half a sent")
    expect(await shop.login(await token())).toBeNull()
    await expect.poll(() => shop.texts()).toEqual(["From my phone, yesterday", "Is my parcel on its way?"])
    await expect.poll(() => phone.texts()).toEqual(["From my phone, yesterday", "Is my parcel on its way?"])
    expect(await shop.field.inputValue()).toBe("half a sent")
    expect(await shop.panel.locator(".person").textContent()).toContain("Mira Lang")
    await here.shot(shop.page, "merged")
    expect(here.complaints).toEqual([])
  })

  test("and out again leaves nothing: not on the screen, not in the storage, not for the next visitor", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id })
    await widget.login(await userToken(app, "mira", "Mira Lang"))
    await widget.open()
    await widget.send("My account number is 4711")
    await widget.row("4711").locator(".delivery.sent").waitFor()
    await widget.field.fill("and my PIN is")
    await widget.logout()
    await expect.poll(() => widget.texts()).toEqual([])
    expect(await widget.field.inputValue()).toBe("")
    expect(await widget.panel.locator(".person").count()).toBe(0)
    const stored = await widget.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))
    expect(stored).not.toMatch(/4711|Mira|PIN/)
    await widget.page.reload()
    await widget.open()
    expect(await widget.texts()).toEqual([])
  })

  test("and out again leaves nothing in the page's memory either", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id })
    await widget.login(await userToken(app, "mira", "Mira Quorkbert"))
    await widget.open()
    await widget.field.pressSequentially("my card is zx4711")
    await widget.field.press("Enter")
    await widget.panel.locator(".delivery.sent").waitFor()
    await widget.field.pressSequentially("and my PIN is zx0815")
    expect(await remembered(widget.page, /zx4711|zx0815|Quorkbert/)).toBeGreaterThan(2)
    await widget.logout()
    await expect.poll(() => widget.texts()).toEqual([])
    await expect.poll(() => remembered(widget.page, /zx4711|zx0815|Quorkbert/)).toBe(0)
  })

  test("as another user sees nothing of the former one, who sees nothing of them", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id })
    expect(await widget.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
    await widget.open()
    await widget.send("I am Mira")
    await widget.row("I am Mira").locator(".delivery.sent").waitFor()
    await widget.field.fill("half a secret")
    expect(await widget.login(await userToken(app, "jonas", "Jonas Berg"))).toBeNull()
    await widget.panel.locator(".person", { hasText: "Jonas Berg" }).waitFor()
    await expect.poll(() => widget.texts()).toEqual([])
    expect(await widget.field.inputValue()).toBe("")
    await widget.send("I am Jonas")
    await widget.row("I am Jonas").locator(".delivery.sent").waitFor()
    expect(await widget.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
    await expect.poll(() => widget.texts()).toEqual(["I am Mira"])
  })

  test("is told why it failed, and the chat goes on", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id })
    await widget.open()
    await widget.send("Before")
    await widget.row("Before").locator(".delivery.sent").waitFor()
    expect(await widget.login("no.token.atall")).toMatchObject({ code: "token_malformed" })
    expect(await widget.login(null)).toMatchObject({ code: "not_signed_in" })
    await widget.send("After")
    await widget.row("After").locator(".delivery.sent").waitFor()
    expect(await widget.texts()).toEqual(["Before", "After"])
  })
})

describe("an answer", () => {
  test("is counted on the launcher, stands below a line, is seen, and typing before it shows", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id })
    await widget.login(await userToken(app, "mira", "Mira Lang"))
    await widget.open()
    await widget.send("Hello?")
    await widget.row("Hello?").locator(".delivery.sent").waitFor()
    const conversationId = await conversationOf(app, "mira")
    await widget.close()
    await here.hub.say(app, conversationId, { type: "text", text: "Good morning, Mira!" })
    await here.hub.say(app, conversationId, {
      type: "text",
      text: "It left yesterday: https://example.com/track (see there).",
    })
    await expect.poll(() => widget.count).toBe("2")
    await here.shot(widget.page, "launcher-unread")
    await widget.open()
    await widget.panel.locator(".new-line").waitFor()
    const link = widget.panel.locator(".words a")
    expect(await link.getAttribute("href")).toBe("https://example.com/track")
    expect(await link.getAttribute("rel")).toContain("noopener")
    await here.shot(widget.page, "new-messages")
    await expect.poll(() => widget.badge.isVisible()).toBe(false)
    await widget.close()
    await widget.launcher.click()
    await widget.field.waitFor()
    expect(await widget.panel.locator(".new-line").count()).toBe(0)
  })

  test("comes with its agent's presence: online, typing, and what they have read", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id })
    await widget.login(await userToken(app, "mira", "Mira Lang"))
    await widget.open()
    await widget.send("Hello?")
    await widget.row("Hello?").locator(".delivery.sent").waitFor()
    const conversationId = await conversationOf(app, "mira")
    const ana = await TestAgent.connect(here.hub.url, app, "Ana")
    try {
      await widget.panel.locator(".presence.here").waitFor()
      const { position } = (
        await here.hub.admin<{ messages: { position: string }[] }>(
          "GET",
          `/v1/apps/${app.id}/conversations/${conversationId}/messages`,
        )
      ).messages.at(-1) ?? { position: "" }
      await ana.command("conversation:read", { conversationId, position })
      await widget.row("Hello?").locator(".delivery.seen").waitFor()
      await ana.command("typing:start", { conversationId })
      await widget.panel.locator(".typing", { hasText: "Ana is writing…" }).waitFor()
      await here.shot(widget.page, "typing")
      const content = { type: "text", text: "Good morning, Mira!" } as const
      await ana.command("message:send", { conversationId, localId: "answer", content })
      await widget.row("Good morning, Mira!").waitFor()
      await widget.panel.locator(".typing").waitFor({ state: "detached" })
      // What was read before a reload is still read after it.
      await widget.page.reload()
      expect(await widget.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
      await widget.open()
      await widget.row("Good morning, Mira!").waitFor()
      await widget.row("Hello?").locator(".delivery.seen").waitFor()
      expect(await widget.panel.locator(".new-line").count()).toBe(0)
    } finally {
      ana.close()
    }
  })

  test("of any kind is shown safely", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id })
    await widget.login(await userToken(app, "mira", "Mira Lang"))
    await widget.open()
    await widget.send("Hello?")
    await widget.row("Hello?").locator(".delivery.sent").waitFor()
    const conversationId = await conversationOf(app, "mira")
    const hostile =
      '<img src=x onerror="document.title=1"><script>document.title=2</script> javascript:alert(1)'
    await here.hub.say(app, conversationId, { type: "text", text: hostile })
    await here.hub.say(app, conversationId, {
      type: "image",
      url: "https://images.invalid/a.png",
      name: "Label",
    })
    await here.hub.say(app, conversationId, {
      type: "file",
      url: "https://files.invalid/invoice%20March.pdf",
      size: 48_213,
    })
    await widget.panel.locator(".row .file-card", { hasText: "invoice March.pdf" }).waitFor()
    await widget.panel.locator(".row .file-card", { hasText: "Label" }).waitFor()
    expect((await widget.texts()).at(-1)).toBe(hostile)
    expect(await widget.panel.locator(".words a, .words img, .words script").count()).toBe(0)
    expect(await widget.page.title()).toBe("Harbour Coffee")
    await here.shot(widget.page, "kinds")
  })

  test("with a form is filled in once", async () => {
    const app = await here.hub.app({ defaultResponder: { enabled: true, askFor: ["name", "email"] } })
    const widget = await here.visit({ appId: app.id })
    await widget.open()
    await widget.send("Hello?")
    const form = widget.panel.locator("form.form-card")
    await form.waitFor()
    await form.getByRole("button").click()
    await form.locator(".complaint").first().waitFor()
    await form.locator("[name=name]").fill("Mira")
    await form.locator("[name=email]").fill("nonsense")
    await form.getByRole("button").click()
    expect(await form.locator(".complaint").count()).toBe(1)
    await here.shot(widget.page, "form")
    await form.locator("[name=email]").fill("mira@example.com")
    await form.getByRole("button").click()
    await widget.panel.locator(".form-card.answered").waitFor()
    await widget.page.reload()
    await widget.open()
    await widget.panel.locator(".form-card.answered").waitFor()
    expect(here.complaints).toEqual([])
  })
})

test("what the hub refuses stays, says so, and can be tried again or taken away", async () => {
  const app = await here.hub.app({ defaultResponder: { enabled: true, askFor: ["email"] } })
  const widget = await here.visit({ appId: app.id })
  await widget.open()
  await widget.send("Hello?")
  const form = widget.panel.locator("form.form-card")
  // An address of the right form, and longer than any: only the hub knows better.
  await form.locator("[name=email]").fill(`${"m".repeat(200)}@example.com`)
  await form.getByRole("button").click()
  const failed = widget.panel.locator(".row.failed")
  await failed.waitFor()
  await here.shot(widget.page, "failed")
  await failed.getByRole("button", { name: "Try again" }).click()
  await failed.waitFor()
  await failed.getByRole("button", { name: "Remove" }).click()
  await failed.waitFor({ state: "detached" })
  await form.locator("[name=email]").fill("mira@example.com")
  await form.getByRole("button").click()
  await widget.panel.locator(".form-card.answered").waitFor()
})
