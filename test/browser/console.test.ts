/** An agent's day at the console, in a real browser: a busy inbox, people who turn out to be known, and colleagues. */
import { describe, expect, test } from "vitest"
import { THOROUGH } from "../thorough.ts"
import { violations } from "./axe.ts"
import { enter, Line, Person } from "./console-page.ts"
import { agentToken, type TestApp, userToken } from "./hub-process.ts"
import { longestMovement } from "./movement.ts"
import { stage } from "./stage.ts"

const here = stage()
const MULTI = { conversationMode: "multi", rateLimits: { sendsPerSecond: 10_000, burst: 10_000 } }

const colleague = async (app: TestApp, id: string, name: string): Promise<Person> =>
  Person.come(here.hub.url, "/agent", { appId: app.id, token: await agentToken(app, id, name) })

/** A user who is signed in on their phone, and has written. */
async function member(app: TestApp, externalId: string, name: string, words: string): Promise<Person> {
  const person = await Person.visitor(here, app, {
    jwt: await userToken(app, externalId, name),
    channel: "ios",
  })
  await person.say(words)
  return person
}

async function visitor(app: TestApp, name: string, words: string): Promise<Person> {
  const person = await Person.visitor(here, app)
  await person.name(name)
  await person.say(words)
  return person
}

describe("coming in", () => {
  test("a link opens once; its secret stays in no address; a reload asks for nothing, signing out leaves nothing", async () => {
    const app = await here.hub.app()
    const { path } = await here.hub.admin<{ path: string }>("POST", `/v1/apps/${app.id}/agents/ada/links`, {
      name: "Ada Brand",
    })
    const page = await here.page(await here.profile())
    await page.goto(`${here.hub.url}${path}`)
    await page.getByText("Ada Brand").first().waitFor({ state: "attached" })
    expect(page.url()).toBe(`${here.hub.url}/console`)
    await page.reload()
    await page.locator(".rail-agent[title=ada]").waitFor({ state: "attached" })
    await page.getByRole("button", { name: "Sign out" }).click()
    await page.getByRole("heading", { name: "Sign in to your console" }).waitFor()
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain("eyJ")
    await here.shot(page, "console-sign-in")
    expect(await violations(page)).toEqual([])
    await page.getByLabel("Your link").fill(`${here.hub.url}${path}`)
    await page.getByRole("button", { name: "Sign in" }).click()
    await page.getByRole("alert").filter({ hasText: "used already" }).waitFor()
  })

  test("an agent of the host's own back office comes in with their token; when the key is deleted they are told", async () => {
    const app = await here.hub.app()
    const page = await here.page(await here.profile())
    await page.goto(
      `${here.hub.url}/console#app=${app.id}&token=${await agentToken(app, "ada", "Ada Brand")}`,
    )
    await page.locator(".rail-agent[title=ada]").waitFor({ state: "attached" })
    expect(page.url()).toBe(`${here.hub.url}/console`)
    await here.hub.admin("DELETE", `/v1/apps/${app.id}/keys/${app.agent.kid}`)
    await page.getByRole("alert").filter({ hasText: "withdrawn" }).waitFor()
  })
})

describe("a busy inbox", () => {
  test("unread first, then the latest; it moves live; counts are true; a ticket that is read stays where it is", async () => {
    const app = await here.hub.app(MULTI)
    const ben = await colleague(app, "ben", "Ben Otto")
    const mira = await member(app, "E1", "Mira Lang", "first")
    await member(app, "E2", "Jonas Weber", "second")
    await visitor(app, "Nora Lind", "third")
    await ben.ask("message:send", {
      conversationId: mira.conversationId,
      localId: "1",
      content: { type: "text", text: "answered" },
    })
    const ada = await enter(here, app, "ada", "Ada Brand")
    await expect.poll(() => ada.names()).toEqual(["Nora Lind", "Jonas Weber", "Mira Lang"])
    await expect.poll(() => ada.page.title()).toBe("(2) Tributary")
    await mira.say("still there?")
    await expect.poll(() => ada.names()).toEqual(["Mira Lang", "Nora Lind", "Jonas Weber"])
    await expect.poll(() => ada.page.title()).toBe("(3) Tributary")
    await ada.open("Nora Lind")
    await expect.poll(() => ada.page.title()).toBe("(2) Tributary")
    expect(await ada.names()).toEqual(["Mira Lang", "Nora Lind", "Jonas Weber"])
    await ada.open("Mira Lang")
    await expect.poll(() => ada.names()).toEqual(["Mira Lang", "Jonas Weber", "Nora Lind"])
    await ada.page.getByRole("button", { name: /^Mine/ }).click()
    await ada.page.getByText("Nothing here. Enjoy the calm.").waitFor()
    await ada.page.getByRole("button", { name: "Take it" }).click()
    await expect.poll(() => ada.names()).toEqual(["Mira Lang"])
    expect(here.complaints).toEqual([])
  })

  test("search finds by name, external id, ticket id; what was found opens", async () => {
    const app = await here.hub.app(MULTI)
    await member(app, "CUST-7", "Mira Österlund", "hello")
    await member(app, "CUST-8", "Mirko Berg", "hi")
    const ada = await enter(here, app, "ada", "Ada Brand")
    await ada.page.keyboard.press("/")
    await ada.search.fill("mir")
    await expect.poll(() => ada.page.locator(".found-row").count()).toBe(2)
    await here.shot(ada.page, "console-search")
    expect(await violations(ada.page)).toEqual([])
    await ada.search.fill("osterl")
    await expect.poll(() => ada.page.locator(".found-row").allTextContents()).toHaveLength(1)
    await ada.search.fill("cust-8")
    await ada.page.locator(".found-row").filter({ hasText: "Mirko" }).click()
    await expect.poll(() => ada.heading.textContent()).toContain("Mirko Berg")
    await ada.search.fill("nobody at all")
    await ada.page.getByText("Nobody found for").waitFor()
  })

  test(
    "thousands of tickets: few rows are drawn, and the last one is reached by scrolling",
    async () => {
      const app = await here.hub.app(MULTI)
      const [VISITORS, EACH] = [20, 100 * THOROUGH]
      const MANY = VISITORS * EACH
      const visitors = await Promise.all(Array.from({ length: VISITORS }, () => Person.visitor(here, app)))
      for (let n = 0; n < EACH; n += 1) await Promise.all(visitors.map((one) => one.begin(`matter ${n}`)))
      const ada = await enter(here, app, "ada", "Ada Brand")
      await ada.row("matter").first().waitFor()
      const list = ada.page.locator(".virtual-list")
      const reached = async (): Promise<number> => {
        await list.evaluate((element) => element.scrollTo(0, element.scrollHeight))
        return Number(await list.locator("[aria-setsize]").first().getAttribute("aria-setsize"))
      }
      await expect.poll(reached, { timeout: 120_000, interval: 50 }).toBe(MANY)
      expect(await ada.rows.count()).toBeLessThan(40)
      await list.evaluate((element) => element.scrollTo(0, element.scrollHeight))
      // What comes in above moves nothing of what is being read.
      const lastOf = (): Promise<[string | null, number | undefined]> => {
        const last = ada.row("matter ").last()
        return Promise.all([last.textContent(), last.boundingBox().then((box) => box?.y)])
      }
      await list.locator(`[aria-posinset="${MANY}"]`).waitFor()
      const read = await lastOf()
      await visitors[0]?.begin("just now")
      await expect
        .poll(async () => Number(await list.locator("[aria-setsize]").first().getAttribute("aria-setsize")))
        .toBe(MANY + 1)
      await expect.poll(lastOf).toEqual(read)
      await ada.row("matter ").last().click()
      await ada.field.waitFor()
      await here.shot(ada.page, "console-thousands")
      expect(await ada.page.locator(".rail-filter[aria-pressed=true] .rail-count").textContent()).toBe(
        String(MANY + 1),
      )
    },
    200_000 * THOROUGH,
  )
})

describe("a conversation", () => {
  test("somebody signs in in the middle: the mark by the name and on what follows, none on what was before", async () => {
    const app = await here.hub.app(MULTI)
    const nora = await visitor(app, "Nora Lind", "My parcel has not arrived.")
    const ada = await enter(here, app, "ada", "Ada Brand")
    await ada.open("Nora Lind")
    await nora.typing()
    await ada.conversation.getByText("Nora Lind is typing…").waitFor()
    await ada.reply("Which order is it?")
    await ada.note("The carrier had trouble there last week.")
    await ada.entry("The carrier").locator("time").waitFor()
    expect(await ada.heading.locator(".check-mark").count()).toBe(0)
    expect(await ada.profile.textContent()).toContain("Not signed in")
    await here.shot(ada.page, "console-visitor")
    expect(await violations(ada.page)).toEqual([])

    await nora.signIn(await userToken(app, "C-1001", "Nora Lind"))
    await nora.say("Order 8841, and I am signed in now.")
    await ada.heading.locator(".check-mark").waitFor()
    await expect
      .poll(() => ada.entries())
      .toEqual([
        "— Today —",
        "— New messages —",
        "My parcel has not arrived.",
        "Which order is it?",
        "The carrier had trouble there last week.",
        "— identity —",
        "Order 8841, and I am signed in now. ✓",
      ])
    await ada.row("Nora Lind").locator(".check-mark").waitFor()
    await expect.poll(() => ada.profile.textContent()).toContain("C-1001")
    expect(await ada.conversation.locator(".identity-line").textContent()).toContain(
      "Nora Lind signed in here",
    )
    await here.shot(ada.page, "console-signed-in")
    expect(await violations(ada.page)).toEqual([])
    expect(nora.heard.map(({ data }) => JSON.stringify(data)).join()).not.toContain("The carrier")

    // All of it is there again after a reload, the line too.
    await ada.page.reload()
    await ada.open("Nora Lind")
    await expect.poll(() => ada.entries()).toContain("— identity —")
    expect((await ada.entries()).slice(-2)).toEqual(["— identity —", "Order 8841, and I am signed in now. ✓"])
    expect(here.complaints).toEqual([])
  })

  test("a merge is seen live: one history, the known person, the ticket that is left; nothing is reloaded", async () => {
    const app = await here.hub.app({ ...MULTI, conversationMode: "single" })
    const phone = await member(app, "C-7", "Mira Lang", "From my phone, yesterday")
    const guest = await visitor(app, "Guest", "Is my parcel on its way?")
    const ada = await enter(here, app, "ada", "Ada Brand")
    await ada.open("Guest")
    await ada.field.fill("half a sent")
    await guest.signIn(await userToken(app, "C-7", "Mira Lang"))
    await expect.poll(() => ada.heading.textContent()).toContain("Mira Lang")
    await ada.page.getByText("was joined into this one").first().waitFor()
    await expect
      .poll(async () => (await ada.entries()).filter((words) => !words.startsWith("— ")))
      .toEqual(["From my phone, yesterday ✓", "Is my parcel on its way?"])
    expect(await ada.field.inputValue()).toBe("half a sent")
    await expect.poll(() => ada.names()).toEqual(["Mira Lang"])
    await ada.field.fill("Yes, it is.")
    await ada.field.press("Enter")
    await expect
      .poll(() => phone.heard.map(({ data }) => JSON.stringify(data)).join())
      .toContain("Yes, it is.")
    await here.shot(ada.page, "console-merged")
    expect(here.complaints).toEqual([])
  })

  test("two tickets for one matter after a late sign-in: the other one is offered and joined", async () => {
    const app = await here.hub.app(MULTI)
    await member(app, "C-7", "Mira Lang", "My parcel is late")
    const guest = await visitor(app, "Guest", "It is about my parcel again")
    const ada = await enter(here, app, "ada", "Ada Brand")
    await ada.open("Guest")
    await guest.signIn(await userToken(app, "C-7", "Mira Lang"))
    await ada.page.getByText("Mira Lang has another active ticket").waitFor()
    await here.shot(ada.page, "console-duplicates")
    expect(await violations(ada.page)).toEqual([])
    await ada.page.getByRole("button", { name: "Join into this one" }).click()
    const dialog = ada.page.getByRole("dialog")
    await dialog.waitFor()
    expect(await violations(ada.page)).toEqual([])
    await dialog.getByRole("button", { name: "Join", exact: true }).click()
    await dialog.waitFor({ state: "detached" })
    await expect
      .poll(async () => (await ada.entries()).filter((words) => !words.startsWith("— ")))
      .toEqual(["My parcel is late ✓", "It is about my parcel again"])
    await expect.poll(() => ada.names()).toEqual(["Mira Lang"])
    await ada.conversation.getByText("Another ticket of this person was joined").waitFor()
    expect(await ada.page.getByText("has another active ticket").count()).toBe(0)
  })

  test("read state both ways", async () => {
    const app = await here.hub.app(MULTI)
    const nora = await visitor(app, "Nora Lind", "hello")
    const ada = await enter(here, app, "ada", "Ada Brand")
    await ada.open("Nora Lind")
    await expect.poll(() => JSON.stringify(nora.heard)).toMatch(/conversation:read.*business/)
    await ada.reply("Good morning")
    await ada.entry("Good morning").locator("time").waitFor()
    expect(await ada.entry("Good morning").getByText("Seen").count()).toBe(0)
    const { messages } = await nora.ask<{ messages: { position: string }[] }>("message:list", {
      conversationId: nora.conversationId,
    })
    await nora.ask("conversation:read", {
      conversationId: nora.conversationId,
      position: messages.at(-1)?.position,
    })
    await ada.entry("Good morning").getByText("Seen").waitFor()
  })
})

describe("colleagues", () => {
  test("who has it open is seen, on both screens", async () => {
    const app = await here.hub.app(MULTI)
    await visitor(app, "Nora Lind", "hello")
    const ada = await enter(here, app, "ada", "Ada Brand")
    const ben = await enter(here, app, "ben", "Ben Otto")
    await ada.open("Nora Lind")
    await ben.row("Nora Lind").getByText("Ada Brand").waitFor()
    await ben.open("Nora Lind")
    await ada.conversation.getByText("Ben Otto has this open too").waitFor()
    await ben.conversation.getByText("Ada Brand has this open too").waitFor()
    await ben.page.close()
    await ada.conversation.getByText("Ben Otto has this open too").waitFor({ state: "detached" })
  })

  test("the faster one wins, and the other one is told in words what happened and may insist", async () => {
    const app = await here.hub.app(MULTI)
    await visitor(app, "Nora Lind", "hello")
    const ben = await colleague(app, "ben", "Ben Otto")
    const line = new Line()
    const ada = await enter(here, app, "ada", "Ada Brand", {}, line.lay)
    await ada.open("Nora Lind")
    await expect.poll(() => ada.assignee.locator("option").allTextContents()).toContain("Ben Otto")
    const { tickets } = await ben.ask<{ tickets: { id: string }[] }>("ticket:list", {})
    line.hold()
    await ben.ask("ticket:update", { ticketId: tickets[0]?.id, assigneeId: "ben", status: "pending" })
    await ada.page.getByRole("button", { name: "Take it" }).click()
    const received = ada.page.getByRole("alert").filter({ hasText: "A colleague was faster." })
    await received.filter({ hasText: "Ben Otto has it now." }).waitFor()
    line.release()
    const words = await received.textContent()
    expect(words).toContain("The ticket is Pending now (it was New).")
    expect(words).toContain("Your change was not made: take the ticket.")
    expect(await ada.assignee.inputValue()).toBe("ben")
    await here.shot(ada.page, "console-conflict")
    expect(await violations(ada.page)).toEqual([])
    await received.getByRole("button", { name: "Do it anyway" }).click()
    await expect.poll(() => ada.assignee.inputValue()).toBe("ada")
    await received.waitFor({ state: "detached" })
  })

  test("an answer that was overtaken is held back, with what was written meanwhile before it", async () => {
    const app = await here.hub.app(MULTI)
    const nora = await visitor(app, "Nora Lind", "Please cancel my order.")
    const line = new Line()
    const ada = await enter(here, app, "ada", "Ada Brand", {}, line.lay)
    await ada.open("Nora Lind")
    await ada.entry("Please cancel").waitFor()
    line.cut()
    await ada.page.getByText("No connection.").waitFor()
    await ada.reply("It is cancelled.")
    await ada.page.getByText("Will be sent when the connection is back").waitFor()
    await here.shot(ada.page, "console-offline")
    expect(await violations(ada.page)).toEqual([])
    await nora.say("No, wait, I will keep it!")
    await line.mend()
    await ada.entry("No, wait").waitFor({ timeout: 30_000 })
    const held = ada.page.getByRole("alert").filter({ hasText: "Nora Lind wrote meanwhile" })
    await held.waitFor()
    await here.shot(ada.page, "console-overtaken")
    expect(await violations(ada.page)).toEqual([])
    await held.getByRole("button", { name: "Change it" }).click()
    await expect.poll(() => ada.field.inputValue()).toBe("It is cancelled.")
    await ada.reply("Then it stays as it is.")
    await ada.entry("Then it stays").locator("time").waitFor()
    expect(JSON.stringify(nora.heard)).not.toContain("It is cancelled.")
  }, 60_000)
})

describe("the line", () => {
  test("what was missed is there; when it is too much everything is read anew, but for what was typed", async () => {
    const app = await here.hub.app(MULTI)
    const nora = await visitor(app, "Nora Lind", "hello")
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
    const nora = await visitor(app, "Nora Lind", "hello")
    const ada = await enter(here, app, "ada", "Ada Brand")
    await ada.open("Nora Lind")
    await ada.entry("hello").waitFor()
    await here.hub.kill()
    await ada.page.getByText("No connection.").waitFor()
    await ada.reply("written while it was gone")
    await here.hub.start()
    await ada.entry("written while it was gone").locator("time").waitFor({ timeout: 30_000 })
    await expect
      .poll(() => JSON.stringify(nora.heard), { timeout: 30_000 })
      .toContain("written while it was gone")
  }, 120_000)
})

describe("hands and eyes", () => {
  test("everything by the keyboard: through the list, answer, note, take, solve, help", async () => {
    const app = await here.hub.app(MULTI)
    await visitor(app, "Nora Lind", "hello")
    await visitor(app, "Jonas Weber", "hi")
    const ada = await enter(here, app, "ada", "Ada Brand")
    await expect.poll(() => ada.names()).toEqual(["Jonas Weber", "Nora Lind"])
    const { keyboard } = ada.page
    await keyboard.press("j")
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
    await member(app, "C-7", "Mira Lang", "Guten Tag")
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
    await phone.open("Mira Lang")
    await here.shot(phone.page, "console-phone")
    expect(await violations(phone.page)).toEqual([])
    const width = await phone.page.evaluate(() => document.documentElement.scrollWidth)
    expect(width).toBe(390)
    await phone.page.getByRole("button", { name: "Back to the list" }).click()
    await phone.row("Mira Lang").waitFor()
  })

  test("an agent whose language it does not speak has all of it in one that it does", async () => {
    const app = await here.hub.app(MULTI)
    await member(app, "F1", "Mira Lang", "bonjour")
    const ada = await enter(here, app, "ada", "Ada Brand", { locale: "ar-EG" })
    await ada.open("Mira Lang")
    expect(await ada.page.locator("#console").textContent()).not.toMatch(/\p{Script=Arabic}/u)
  })

  test("who wants no movement gets none: not in the list, not in a conversation, not in what opens above", async () => {
    const app = await here.hub.app(MULTI)
    await member(app, "C-7", "Mira Lang", "Good morning")
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
