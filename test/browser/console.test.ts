/** The console through a long day, in a real browser: a line that breaks, and hands and eyes that differ. */
import { describe, expect, test } from "vitest"
import { violations } from "./axe.ts"
import { stage } from "./browser-stage.ts"
import { MULTI, member, visitor } from "./console-cast.ts"
import { enter, Line } from "./console-page.ts"
import { longestMovement } from "./movement.ts"

const here = stage()

describe("the line", () => {
  test("what was missed is there; when it is too much everything is read anew, but for what was typed", async () => {
    const app = await here.hub.app(MULTI)
    const nora = await visitor(here, app, "Nora Lind", "hello")
    const line = new Line()
    const ada = await enter(here, app, "ada", "Ada Brand", {}, line.lay)
    await ada.open("Nora Lind")
    await ada.field.fill("half a sent")
    const meanwhile = async (happens: () => Promise<unknown>): Promise<void> => {
      line.cut()
      await ada.page.getByText("No connection.").waitFor()
      await happens()
      await line.mend()
    }
    await meanwhile(() => nora.say("are you there?"))
    await ada.entry("are you there?").waitFor({ timeout: 30_000 })
    expect(await ada.page.getByText("loaded anew").count()).toBe(0)
    // More than a console is told by its cursor.
    await meanwhile(async () => {
      for (let n = 0; n < 2_100; n += 50)
        await Promise.all(Array.from({ length: 50 }, (_, m) => nora.say(`and again ${n + m}`)))
    })
    await ada.page.getByText("everything here was loaded anew").waitFor({ timeout: 60_000 })
    await ada.entry("and again 2099").waitFor()
    await here.shot(ada.page, "console-started-over")
    expect(await ada.field.inputValue()).toBe("half a sent")
    expect(await ada.names()).toEqual(["Nora Lind"])
  }, 240_000)

  test("a hub that is killed under it: the console comes back by itself, and nothing is lost", async () => {
    const app = await here.hub.app(MULTI)
    const nora = await visitor(here, app, "Nora Lind", "hello")
    const ada = await enter(here, app, "ada", "Ada Brand")
    await ada.open("Nora Lind")
    await ada.entry("hello").waitFor()
    await here.hub.kill()
    await ada.page.getByText("No connection.").waitFor()
    await ada.reply("written while it was gone")
    await here.hub.start()
    await ada.entry("written while it was gone").locator("time").waitFor({ timeout: 30_000 })
    await expect
      .poll(() => JSON.stringify(nora.received), { timeout: 30_000 })
      .toContain("written while it was gone")
  }, 120_000)
})

describe("hands and eyes", () => {
  test("everything by the keyboard: through the list, answer, note, take, solve, help", async () => {
    const app = await here.hub.app(MULTI)
    await visitor(here, app, "Nora Lind", "hello")
    await visitor(here, app, "Jonas Weber", "hi")
    const ada = await enter(here, app, "ada", "Ada Brand")
    await expect.poll(() => ada.names()).toEqual(["Jonas Weber", "Nora Lind"])
    const { keyboard } = ada.page
    await keyboard.press("j")
    await expect.poll(() => ada.heading.textContent()).toContain("Jonas Weber")
    await expect.poll(() => ada.page.title()).toBe("(1) Tributary")
    await keyboard.press("j")
    await expect.poll(() => ada.heading.textContent()).toContain("Nora Lind")
    await ada.field.waitFor()
    // What was read has moved below; the way back is the way that was come.
    await expect.poll(() => ada.names()).toEqual(["Nora Lind", "Jonas Weber"])
    await keyboard.press("k")
    await expect.poll(() => ada.heading.textContent()).toContain("Jonas Weber")
    await keyboard.press("j")
    await expect.poll(() => ada.heading.textContent()).toContain("Nora Lind")
    await ada.field.waitFor()
    await keyboard.press("t")
    await expect.poll(() => ada.assignee.inputValue()).toBe("ada")
    await keyboard.press("r")
    await keyboard.type("Hello Nora")
    await keyboard.press("Enter")
    await ada.entry("Hello Nora").locator("time").waitFor()
    await keyboard.press("Escape")
    await keyboard.press("n")
    await keyboard.type("for us")
    await keyboard.press("Enter")
    await ada.conversation.locator(".entry.note").filter({ hasText: "for us" }).locator("time").waitFor()
    await keyboard.press("Escape")
    await keyboard.press("s")
    await expect.poll(() => ada.status.inputValue()).toBe("solved")
    await keyboard.press("?")
    await ada.page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor()
    expect(await violations(ada.page)).toEqual([])
    await keyboard.press("Escape")
    await ada.page.getByRole("dialog").waitFor({ state: "detached" })
    await keyboard.press("Escape")
    await ada.page.getByText("Pick a ticket on the left").waitFor()
  })

  test("hostile words are words, and a link of a stranger opens apart", async () => {
    const app = await here.hub.app(MULTI)
    const eve = await visitor(
      here,
      app,
      "<img src=x onerror=alert(1)>",
      "javascript:alert(1) https://shop.example/a",
    )
    await eve.say("<b>bold</b>")
    const ada = await enter(here, app, "ada", "Ada Brand")
    await ada.open("onerror")
    const link = ada.entry("javascript:").getByRole("link")
    expect(await link.getAttribute("href")).toBe("https://shop.example/a")
    expect(await link.getAttribute("rel")).toContain("noopener")
    expect(await ada.conversation.locator("img, b").count()).toBe(0)
    expect(here.complaints).toEqual([])
  })

  test("in the dark, on a small screen, and in German", async () => {
    const app = await here.hub.app(MULTI)
    await member(here, app, "C-7", "Mira Lang", "Guten Tag")
    const ada = await enter(here, app, "ada", "Ada Brand", { colorScheme: "dark", locale: "de-DE" })
    await ada.open("Mira Lang")
    await ada.profile.getByText("Angemeldet").waitFor()
    await here.shot(ada.page, "console-dark")
    expect(await violations(ada.page)).toEqual([])
    const phone = await enter(here, app, "ben", "Ben Otto", {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
    })
    await phone.row("Mira Lang").waitFor()
    await here.shot(phone.page, "console-phone-list")
    expect(await violations(phone.page)).toEqual([])
    await phone.open("Mira Lang")
    await here.shot(phone.page, "console-phone")
    expect(await violations(phone.page)).toEqual([])
    const width = (of: typeof phone): Promise<number> =>
      of.page.evaluate(() => document.documentElement.scrollWidth)
    expect(await width(phone)).toBe(390)
    const narrow = await enter(here, app, "cem", "Cem Yurt", {
      viewport: { width: 320, height: 560 },
      locale: "de-DE",
    })
    await narrow.open("Mira Lang")
    expect(await width(narrow)).toBe(320)
    await phone.page.getByRole("button", { name: "Back to the list" }).click()
    await phone.row("Mira Lang").waitFor()
  })

  test("an agent whose language it does not speak has all of it in one that it does", async () => {
    const app = await here.hub.app(MULTI)
    await member(here, app, "F1", "Mira Lang", "bonjour")
    const ada = await enter(here, app, "ada", "Ada Brand", { locale: "ar-EG" })
    await ada.open("Mira Lang")
    expect(await ada.page.locator("#console").textContent()).not.toMatch(/\p{Script=Arabic}/u)
  })

  test("an agent who asks for reduced motion sees none: not in the list, not in a conversation, not in what opens above", async () => {
    const app = await here.hub.app(MULTI)
    await member(here, app, "C-7", "Mira Lang", "Good morning")
    const ada = await enter(here, app, "ada", "Ada Brand", { reducedMotion: "reduce" })
    const still = async (): Promise<void> =>
      expect(await longestMovement(ada.page.locator("body"))).toBeLessThan(0.001)
    await ada.open("Mira Lang")
    await ada.reply("And to you")
    await ada.entry("And to you").waitFor()
    await still()
    await ada.field.press("Escape")
    await ada.page.keyboard.press("?")
    await ada.page.getByRole("dialog").waitFor()
    await still()
  })
})
