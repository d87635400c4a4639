/**
 * The whole story in one go, as it happens to people: a visitor of a shop with a strict policy, the same person's phone,
 * and an agent, over two nodes of which one dies on the way.
 */
import { expect, test } from "vitest"
import { violations } from "./axe.ts"
import { stage } from "./browser-stage.ts"
import { enter, Line } from "./console-page.ts"
import { userToken } from "./started-hub.ts"
import { TwoNodes } from "./two-nodes.ts"

const nodes = new TwoNodes()
const here = stage(nodes, { moves: true })

/** The agent who has it open may have read it already. */
const STORED = ".delivery:is(.sent, .seen)"
const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }

test("a visitor signs in and out again, on all devices", async () => {
  const app = await here.hub.app()
  const token = (lifeSeconds?: number) => userToken(app, "C-1001", "Mira Lang", lifeSeconds)

  // Yesterday, on her phone.
  const phone = await here.visit({ appId: app.id, strict: true }, { options: PHONE })
  expect(await phone.login(await token())).toBeNull()
  await phone.launcher.tap()
  await phone.field.waitFor()
  // On a touch keyboard Enter begins a line.
  await phone.field.fill("From my phone, yesterday")
  await phone.panel.locator(".send").tap()
  await phone.row("From my phone").locator(STORED).waitFor()

  // Today, as a visitor, in the shop; an agent looks.
  const profile = await here.profile()
  const line = new Line()
  const shop = await here.visit({ appId: app.id, strict: true }, { profile, before: line.lay })
  await shop.open()
  await shop.send("Is my parcel on its way?")
  await shop.row("Is my parcel").locator(STORED).waitFor()
  const ada = await enter(here, app, "ada", "Ada Brand")
  await ada.open("Is my parcel")
  await ada.reply("Which order is it?")
  await shop.row("Which order is it?").waitFor()
  await shop.row("Is my parcel").locator(".delivery.seen").waitFor()
  expect(await ada.heading.locator(".check-mark").count()).toBe(0)
  expect(await ada.profile.textContent()).toContain("Not signed in")
  expect(await phone.texts()).toEqual(["From my phone, yesterday"])

  // In the middle of a sentence she signs in.
  await shop.field.fill("half a sent")
  expect(await shop.login(await token())).toBeNull()
  const story = ["From my phone, yesterday", "Is my parcel on its way?", "Which order is it?"]
  await expect.poll(() => shop.texts()).toEqual(story)
  await expect.poll(() => phone.texts()).toEqual(story)
  expect(await shop.field.inputValue()).toBe("half a sent")
  await ada.heading.locator(".check-mark").waitFor()
  expect(await ada.heading.textContent()).toContain("Mira Lang")
  await shop.send("Order 8841")
  await expect
    .poll(async () => (await ada.entries()).filter((words) => !words.startsWith("— ") || /ident/.test(words)))
    .toEqual([
      "From my phone, yesterday ✓",
      "Is my parcel on its way?",
      "Which order is it?",
      "— identity —",
      "Order 8841 ✓",
    ])
  await here.shot(shop.page, "story-merged")
  await here.shot(phone.page, "story-phone")
  await here.shot(ada.page, "story-console")
  expect(await violations(ada.page)).toEqual([])

  // Her token ends while she types, and the shop has no other at once.
  await shop.page.evaluate(
    (brief) => {
      const { tributary } = globalThis as unknown as { tributary: (...order: unknown[]) => void }
      const tokens: (string | null)[] = [brief]
      return new Promise((resolve) => tributary("loginUser", () => tokens.shift() ?? null, resolve))
    },
    await token(3),
  )
  await shop.field.fill("It was a gift")
  await shop.banner.waitFor()
  expect(await shop.banner.textContent()).toContain("Sign in again")
  expect(await shop.field.inputValue()).toBe("It was a gift")
  await shop.field.press("Enter")
  expect(await shop.login(await token())).toBeNull()
  await shop.row("It was a gift").locator(STORED).waitFor()
  await phone.row("It was a gift").waitFor()

  // She loads the page anew, with something half written.
  await shop.field.fill("And one thing more")
  await shop.page.reload()
  expect(await shop.login(await token())).toBeNull()
  await shop.open()
  const more = [...story, "Order 8841", "It was a gift"]
  await expect.poll(() => shop.texts()).toEqual(more)
  await expect.poll(() => shop.field.inputValue()).toBe("And one thing more")

  // Through a tunnel.
  line.cut()
  await shop.field.press("Enter")
  await shop.banner.waitFor()
  await shop.row("And one thing more").locator(".delivery.waiting").waitFor()
  await ada.reply("It left yesterday.")
  await here.shot(shop.page, "story-offline")
  await line.mend()
  await shop.row("And one thing more").locator(STORED).waitFor()
  await shop.row("It left yesterday.").waitFor()
  await expect.poll(() => phone.texts()).toEqual(await shop.texts())

  // A second tab, where the page says nothing of her.
  const second = await here.visit({ appId: app.id, strict: true }, { profile })
  await second.open()
  await expect.poll(() => second.texts()).toEqual(await shop.texts())
  await second.panel.locator(".person", { hasText: "Mira Lang" }).waitFor()

  // A node dies; its devices are on the other one a moment later.
  await nodes.killOne()
  await ada.reply("Anything else?")
  for (const window of [shop, second, phone]) await window.row("Anything else?").waitFor()
  await second.send("No, thank you!")
  for (const window of [shop, phone]) await window.row("No, thank you!").waitFor()
  await ada.entry("No, thank you!").waitFor()
  const all = [...more, "It left yesterday.", "And one thing more", "Anything else?", "No, thank you!"]
  expect([...(await shop.texts())].sort()).toEqual([...all].sort())
  expect(await phone.texts()).toEqual(await shop.texts())

  // From right to left, on the phone.
  await phone.command("configure", { locale: "ar" })
  await expect.poll(() => phone.field.getAttribute("placeholder")).toBe("اكتب رسالة…")
  expect(await phone.texts()).toEqual(await shop.texts())
  await here.shot(phone.page, "story-right-to-left")

  // The computer is not hers alone: out, in all tabs, without a trace.
  await shop.field.fill("my card is 4711")
  await shop.logout()
  for (const tab of [shop, second]) {
    await expect.poll(() => tab.texts()).toEqual([])
    await expect.poll(() => tab.panel.locator(".person").count()).toBe(0)
    const left = await tab.page.evaluate(() => {
      const shadow = document.querySelector("tributary-widget")?.shadowRoot
      const fields = [...(shadow?.querySelectorAll("textarea") ?? [])].map(({ value }) => value)
      return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, shadow?.innerHTML, fields])
    })
    expect(left).not.toMatch(/Mira|8841|4711|gift|parcel|C-1001/)
  }
  expect((await phone.texts()).length).toBe(all.length)

  // The next person is another, for the agent, too.
  await shop.send("Do you sell tea?")
  await shop.row("Do you sell tea?").locator(STORED).waitFor()
  expect(await shop.texts()).toEqual(["Do you sell tea?"])
  await ada.open("Do you sell tea?")
  await expect.poll(() => ada.entries()).toContain("Do you sell tea?")
  expect(await ada.heading.locator(".check-mark").count()).toBe(0)
  expect(await phone.texts()).not.toContain("Do you sell tea?")
  expect(here.complaints).toEqual([])
}, 180_000)
