/** A conversation at the console, in a real browser: people who turn out to be known, and colleagues. */
import { describe, expect, test } from "vitest"
import { violations } from "./axe.ts"
import { stage } from "./browser-stage.ts"
import { colleague, MULTI, member, visitor } from "./console-cast.ts"
import { enter, Line } from "./console-page.ts"
import { userToken } from "./started-hub.ts"

const here = stage()
/** More than a ticket comes with, and fewer than two pages more. */
const LINES = 120
const PAGE_MS = 10_000

describe("a conversation", () => {
  test("the visitor signs in in the middle: the mark stands by the name and on what follows, not on what was before", async () => {
    const app = await here.hub.app(MULTI)
    const nora = await visitor(here, app, "Nora Lind", "My parcel has not arrived.")
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
    expect(nora.received.map(({ data }) => JSON.stringify(data)).join()).not.toContain("The carrier")

    // All of it is there again after a reload, the line too.
    await ada.page.reload()
    await ada.open("Nora Lind")
    await expect.poll(() => ada.entries()).toContain("— identity —")
    expect((await ada.entries()).slice(-2)).toEqual(["— identity —", "Order 8841, and I am signed in now. ✓"])
    expect(here.complaints).toEqual([])
  })

  test("a long history of one day: an earlier page comes in above, and what the agent reads stays where it is", async () => {
    const app = await here.hub.app(MULTI)
    const nora = await visitor(here, app, "Nora Lind", "line 0")
    for (let n = 1; n <= LINES; n += 1) await nora.say(`line ${n}`)
    const ada = await enter(here, app, "ada", "Ada Brand")
    await ada.open("Nora Lind")
    await ada.reply("All of it is read.")
    await ada.entry("All of it is read.").locator("time").waitFor()
    await ada.page.reload()
    await ada.open("Nora Lind")
    await ada.entry(`line ${LINES}`).waitFor()
    const moved = await ada.conversation.locator(".anchored-list").evaluate(async (list, withinMs) => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
      const entries = () => [...list.querySelectorAll(".entry")]
      // To the beginning at once, as by the Home key: the line of the day is the first row on the screen.
      list.scrollTop = 0
      const [first] = entries()
      const before = { rows: entries().length, top: first?.getBoundingClientRect().top ?? 0 }
      const end = performance.now() + withinMs
      while (entries().length === before.rows && performance.now() < end) await frame()
      await frame()
      await frame()
      return entries().length > before.rows && first
        ? Math.abs(first.getBoundingClientRect().top - before.top)
        : Number.POSITIVE_INFINITY
    }, PAGE_MS)
    expect(moved).toBeLessThan(6)
  })

  test("a merge is seen live: one history, the known person, the ticket that is left; nothing is reloaded", async () => {
    const app = await here.hub.app({ ...MULTI, conversationMode: "single" })
    const phone = await member(here, app, "C-7", "Mira Lang", "From my phone, yesterday")
    const guest = await visitor(here, app, "Guest", "Is my parcel on its way?")
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
      .poll(() => phone.received.map(({ data }) => JSON.stringify(data)).join())
      .toContain("Yes, it is.")
    await here.shot(ada.page, "console-merged")
    expect(here.complaints).toEqual([])
  })

  test("two tickets for one matter after a late sign-in: the other one is offered and joined", async () => {
    const app = await here.hub.app(MULTI)
    await member(here, app, "C-7", "Mira Lang", "My parcel is late")
    const guest = await visitor(here, app, "Guest", "It is about my parcel again")
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
    const nora = await visitor(here, app, "Nora Lind", "hello")
    const ada = await enter(here, app, "ada", "Ada Brand")
    await ada.open("Nora Lind")
    await expect.poll(() => JSON.stringify(nora.received)).toMatch(/conversation:read.*business/)
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

  test("with more that is new than comes along: it begins at the first; what has been on the agent's screen is read, the rest when they get there", async () => {
    const app = await here.hub.app(MULTI)
    const nora = await visitor(here, app, "Nora Lind", "line 0")
    for (let n = 1; n < LINES; n += 1) await nora.say(`line ${n}`)
    const ada = await enter(here, app, "ada", "Ada Brand")
    await ada.open("Nora Lind")
    const left = async (): Promise<number> =>
      Number((await ada.conversation.locator(".to-end .count-badge").textContent()) ?? 0)
    await expect.poll(left).toBeLessThan(LINES)
    expect(await left()).toBeGreaterThan(LINES / 2)
    await expect.poll(() => JSON.stringify(nora.received)).toMatch(/conversation:read.*business/)
    expect(await violations(ada.page)).toEqual([])
    await ada.conversation.locator(".to-end").click()
    await expect.poll(() => ada.row("Nora Lind").locator(".count-badge").count()).toBe(0)
    await ada.conversation.locator(".to-end").waitFor({ state: "detached" })
  })
})

describe("colleagues", () => {
  test("an agent who has it open is shown, on both screens", async () => {
    const app = await here.hub.app(MULTI)
    await visitor(here, app, "Nora Lind", "hello")
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
    await visitor(here, app, "Nora Lind", "hello")
    const ben = await colleague(here, app, "ben", "Ben Otto")
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
    const nora = await visitor(here, app, "Nora Lind", "Please cancel my order.")
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
    expect(JSON.stringify(nora.received)).not.toContain("It is cancelled.")
  }, 60_000)
})
