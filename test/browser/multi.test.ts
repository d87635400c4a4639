/** Several conversations side by side: the list, new ones, and those that are older than the list. */
import { expect, test } from "vitest"
import { stage } from "./browser-stage.ts"
import { userToken } from "./started-hub.ts"

const here = stage()
const MULTI = { conversationMode: "multi" }

test("begins with the first conversation, and then with the list", async () => {
  const app = await here.hub.app(MULTI)
  const widget = await here.visit({ appId: app.id })
  expect(await widget.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
  await widget.open()
  await widget.send("About my order")
  await widget.row("About my order").locator(".delivery.sent").waitFor()
  await widget.command("newConversation")
  await widget.panel.locator(".intro").waitFor()
  await expect.poll(() => widget.texts()).toEqual([])
  const long = `About something else ${"and yet another thing ".repeat(6)}`.trim()
  await widget.send(long)
  await widget.row("About something else").locator(".delivery.sent").waitFor()
  await widget.panel.getByRole("button", { name: "All conversations" }).click()
  const lines = widget.panel.locator(".line")
  await expect
    .poll(() => lines.locator(".line-text").allTextContents())
    .toEqual([`You: ${long}`, "You: About my order"])
  // However long it is, its time stands beside it.
  const [line, time] = await Promise.all(
    [".line", ".line-time"].map((part) => widget.panel.locator(part).first().boundingBox()),
  )
  expect((time?.x ?? 0) + (time?.width ?? 0)).toBeLessThan((line?.x ?? 0) + (line?.width ?? 0))
  const panel = await widget.panel.boundingBox()
  expect((line?.x ?? 0) + (line?.width ?? 0)).toBeLessThanOrEqual((panel?.x ?? 0) + (panel?.width ?? 0))
  const [, first = ""] = await here.hub.conversationsOf(app, "mira")
  await here.hub.say(app, first, { type: "text", text: "It left yesterday." })
  await lines.first().locator(".count").waitFor()
  expect(await lines.first().locator(".line-text").textContent()).toBe("It left yesterday.")
  await here.shot(widget.page, "conversations")
  await lines.first().click()
  await expect.poll(() => widget.texts()).toEqual(["About my order", "It left yesterday."])
  await widget.panel.getByRole("button", { name: "All conversations" }).click()
  await expect.poll(() => lines.locator(".count").count()).toBe(0)
  expect(here.complaints).toEqual([])
})

test("a list longer than a page goes on", async () => {
  const app = await here.hub.app(MULTI)
  const widget = await here.visit({ appId: app.id })
  expect(await widget.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
  await widget.open()
  for (let number = 1; number <= 28; number += 1) {
    await widget.command("newConversation")
    await widget.panel.locator(".intro").waitFor()
    await widget.send(`Matter ${number}`)
    await widget.row(`Matter ${number}`).locator(".delivery.sent").waitFor()
  }
  await widget.page.reload()
  expect(await widget.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
  await widget.open()
  const lines = widget.panel.locator(".line")
  await expect.poll(() => lines.count()).toBe(25)
  await widget.panel.getByRole("button", { name: "Show more" }).click()
  await expect.poll(() => lines.count()).toBe(28)
  expect(await widget.panel.getByRole("button", { name: "Show more" }).count()).toBe(0)
})

test("what a visitor began before the sign-in stays a conversation of its own", async () => {
  const app = await here.hub.app(MULTI)
  const phone = await here.visit({ appId: app.id })
  expect(await phone.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
  await phone.open()
  await phone.send("From my phone")
  await phone.row("From my phone").locator(".delivery.sent").waitFor()
  await phone.panel.getByRole("button", { name: "All conversations" }).click()
  const shop = await here.visit({ appId: app.id })
  await shop.open()
  await shop.send("As nobody")
  await shop.row("As nobody").locator(".delivery.sent").waitFor()
  expect(await shop.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
  const both = ["You: As nobody", "You: From my phone"]
  await expect.poll(() => phone.panel.locator(".line-text").allTextContents()).toEqual(both)
  await shop.panel.getByRole("button", { name: "All conversations" }).click()
  await expect.poll(() => shop.panel.locator(".line-text").allTextContents()).toEqual(both)
})
