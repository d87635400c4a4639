/** An agent's inbox, in a real browser: coming in by a link, a busy list, and what is searched for. */
import { describe, expect, test } from "vitest"
import { THOROUGH } from "../thorough.ts"
import { violations } from "./axe.ts"
import { stage } from "./browser-stage.ts"
import { colleague, MULTI, member, visitor } from "./console-cast.ts"
import { enter, Person } from "./console-page.ts"
import { agentToken } from "./started-hub.ts"

const here = stage()

/** With `THOROUGH` ten thousand tickets. */
const [VISITORS, EACH] = [20, THOROUGH > 1 ? 500 : 15]

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
    const ben = await colleague(here, app, "ben", "Ben Otto")
    const mira = await member(here, app, "E1", "Mira Lang", "first")
    await member(here, app, "E2", "Jonas Weber", "second")
    await visitor(here, app, "Nora Lind", "third")
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

  test("a row that the pointer is on does not move away from it, and goes to its place afterwards", async () => {
    const app = await here.hub.app(MULTI)
    const mira = await member(here, app, "E1", "Mira Lang", "first")
    await member(here, app, "E2", "Jonas Weber", "second")
    await visitor(here, app, "Nora Lind", "third")
    const ada = await enter(here, app, "ada", "Ada Brand")
    await expect.poll(() => ada.names()).toEqual(["Nora Lind", "Jonas Weber", "Mira Lang"])
    await ada.row("Nora Lind").hover()
    await mira.say("still there?")
    await ada.row("still there?").waitFor()
    expect(await ada.names()).toEqual(["Nora Lind", "Jonas Weber", "Mira Lang"])
    await expect.poll(() => ada.names()).toEqual(["Mira Lang", "Nora Lind", "Jonas Weber"])
  })

  test("a ticket opened at the top stays in view when newer ones come in above it, until the agent scrolls away", async () => {
    const app = await here.hub.app(MULTI)
    const visitors = await Promise.all(Array.from({ length: 40 }, () => Person.visitor(here, app)))
    for (const [n, one] of visitors.entries()) await one.begin(`matter ${n}`)
    const ada = await enter(here, app, "ada", "Ada Brand")
    const list = ada.page.locator(".virtual-list")
    await ada.row("matter 39").waitFor()
    await ada.page.keyboard.press("j")
    await ada.field.waitFor()
    const standing = (): Promise<string | undefined> =>
      list.evaluate((box) => {
        const row = box.querySelector("[aria-selected=true]")
        if (!row) return undefined
        const [of, within] = [row.getBoundingClientRect(), box.getBoundingClientRect()]
        const isSeen = of.top >= within.top - 1 && of.bottom <= within.bottom + 1
        return `${row.getAttribute("aria-posinset")} ${isSeen ? "in view" : "out of view"}`
      })
    await expect.poll(standing).toBe("1 in view")
    for (const one of visitors.slice(0, 20)) await one.say("again")
    await expect.poll(standing).toBe("21 in view")
    await list.evaluate((box) => box.scrollTo(0, box.scrollHeight))
    await expect.poll(standing).toBeUndefined()
    for (const one of visitors.slice(0, 5)) await one.say("once more")
    await ada.row("matter 20").waitFor()
    await list.evaluate((box) => box.scrollTo(0, 0))
    await ada.row("once more").first().waitFor()
    for (const one of visitors.slice(20, 25)) await one.say("and again")
    await ada.row("and again").nth(4).waitFor()
    expect(await list.evaluate((box) => box.scrollTop)).toBe(0)
    expect(here.complaints).toEqual([])
  })

  test("what is typed goes through no list of all tickets, however many there are", async () => {
    const app = await here.hub.app(MULTI)
    const visitors = await Promise.all(Array.from({ length: 30 }, () => Person.visitor(here, app)))
    await Promise.all(visitors.map((one, n) => one.begin(`matter ${n}`)))
    const ada = await enter(here, app, "ada", "Ada Brand", {}, async (page) => {
      await page.addInitScript((many) => {
        const { values } = Map.prototype
        Object.assign(globalThis, { walks: 0 })
        Map.prototype.values = function <K, V>(this: Map<K, V>) {
          if (this.size >= many) Reflect.set(globalThis, "walks", Reflect.get(globalThis, "walks") + 1)
          return values.call(this)
        }
      }, visitors.length)
    })
    const walks = (): Promise<number> => ada.page.evaluate(() => Reflect.get(globalThis, "walks"))
    await ada.open("matter")
    await expect.poll(() => ada.page.title()).toBe("(29) Tributary")
    const before = await walks()
    expect(before).toBeGreaterThan(0)
    await ada.field.pressSequentially("the quick brown fox")
    expect(await ada.field.inputValue()).toBe("the quick brown fox")
    expect(await walks()).toBe(before)
  })

  test("search finds by name, external id, ticket id; what was found opens", async () => {
    const app = await here.hub.app(MULTI)
    await member(here, app, "CUST-7", "Mira Österlund", "hello")
    await member(here, app, "CUST-8", "Mirko Berg", "hi")
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

  test("search by the keyboard alone: Enter opens the first, as soon as there is one, and arrows walk on", async () => {
    const app = await here.hub.app(MULTI)
    await member(here, app, "CUST-7", "Mira Österlund", "hello")
    await member(here, app, "CUST-8", "Mirko Berg", "hi")
    const ada = await enter(here, app, "ada", "Ada Brand")
    await ada.page.keyboard.press("/")
    await ada.page.keyboard.type("mir")
    await ada.page.keyboard.press("Enter")
    await expect.poll(() => ada.heading.textContent()).toMatch(/Mira|Mirko/)
    const first = await ada.heading.textContent()
    await ada.page.keyboard.press("ArrowDown")
    await expect.poll(() => ada.heading.textContent()).not.toBe(first)
    await ada.page.keyboard.press("s")
    await expect.poll(() => ada.status.inputValue()).toBe("solved")
  })

  test(
    "many tickets: few rows are drawn, and the last one is reached by scrolling",
    async () => {
      const app = await here.hub.app(MULTI)
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
      // The list is told of a new ticket, and the numbers are asked for a little later.
      await expect
        .poll(() => ada.page.locator(".rail-filter[aria-pressed=true] .rail-count").textContent())
        .toBe(String(MANY + 1))
    },
    200_000 * THOROUGH,
  )
})
