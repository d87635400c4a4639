/** The page that a newcomer opens first: one person, three windows. */
import { expect, test } from "vitest"
import { violations } from "./axe.ts"
import { stage } from "./stage.ts"
import { Widget } from "./widget.ts"

const here = stage()

test("the shop's visitor signs in, and the phone beside has both histories", async () => {
  const profile = await here.profile({ viewport: { width: 1440, height: 1420 } })
  const page = await profile.newPage()
  await page.goto(here.hub.url)
  const [shop, phone] = await Promise.all(
    [".shop", ".phone"].map(async (window) => {
      const frame = await (await page.waitForSelector(`${window} iframe`)).contentFrame()
      if (!frame) throw new Error(`There is no page in ${window}.`)
      return frame
    }),
  )
  if (!shop || !phone) throw new Error("There are two frames.")
  const texts = (frame: typeof shop) => frame.locator(".row .words").allTextContents()
  await phone.locator("textarea").fill("My order has not come.")
  await phone.locator("textarea").press("Enter")
  await shop.locator("tributary-widget .launcher").click()
  await shop.locator("textarea").fill("Is my parcel on its way?")
  await shop.locator("textarea").press("Enter")
  await shop.locator(".delivery.sent").waitFor()
  await shop.locator("[data-do=mira]").click()
  const both = ["My order has not come.", "Is my parcel on its way?"]
  await expect.poll(() => texts(shop)).toEqual(both)
  await expect.poll(() => texts(phone)).toEqual(both)

  // The console beside them, where this agent is in by a link's fragment.
  const agents = await (await page.waitForSelector(".console iframe")).contentFrame()
  await agents?.getByText("Is my parcel on its way?").first().waitFor()
  await here.shot(page, "demo")
  expect(await violations(page)).toEqual([])

  // The line is cut, and comes back.
  await shop.locator("[data-do=cut]").click()
  await shop.locator("textarea").fill("In the tunnel")
  await shop.locator("textarea").press("Enter")
  await shop.locator(".banner").waitFor()
  await shop.locator("[data-do=cut]").click()
  await expect.poll(() => texts(phone), { timeout: 15_000 }).toEqual([...both, "In the tunnel"])

  // A second tab is the same person without a press.
  const [tab] = await Promise.all([profile.waitForEvent("page"), shop.locator("[data-do=tab]").click()])
  const second = new Widget(tab)
  await second.open()
  await expect.poll(() => second.texts()).toEqual([...both, "In the tunnel"])

  // Out again, in both tabs; the phone stays signed in.
  await shop.locator("[data-do=out]").click()
  await expect.poll(() => texts(shop)).toEqual([])
  await expect.poll(() => second.texts()).toEqual([])
  expect(await texts(phone)).toEqual([...both, "In the tunnel"])
})
