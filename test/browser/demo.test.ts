/** The page at `/`: to a newcomer one person in three windows; in production what this is, and nothing else. */
import { expect, test } from "vitest"
import { violations } from "./axe.ts"
import { stage } from "./browser-stage.ts"
import { HubProcess } from "./started-hub.ts"
import { Widget } from "./widget.ts"

const here = stage()

test("the shop's visitor signs in, and the phone beside has both histories", async () => {
  const profile = await here.profile({ viewport: { width: 1440, height: 900 } })
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
  await page.locator("[data-do=mira]").click()
  const both = ["My order has not come.", "Is my parcel on its way?"]
  await expect.poll(() => texts(shop)).toEqual(both)
  await expect.poll(() => texts(phone)).toEqual(both)

  // The console beside them, where this agent is in by a link's fragment.
  const agents = await (await page.waitForSelector(".console iframe")).contentFrame()
  await agents?.getByText("Is my parcel on its way?").first().waitFor()
  // All of it at once: nothing to scroll to.
  const { height, width } = await page.evaluate(() => ({
    height: document.documentElement.scrollHeight,
    width: document.documentElement.scrollWidth,
  }))
  expect({ height, width }).toEqual({ height: 900, width: 1440 })
  await here.shot(page, "demo")
  expect(await violations(page)).toEqual([])

  // The line is cut, and comes back.
  await page.locator("[data-do=cut]").click()
  await shop.locator("textarea").fill("In the tunnel")
  await shop.locator("textarea").press("Enter")
  await shop.locator(".banner").waitFor()
  await page.locator("[data-do=cut]").click()
  await expect.poll(() => texts(phone), { timeout: 15_000 }).toEqual([...both, "In the tunnel"])

  // A second tab is the same person without a press.
  const [tab] = await Promise.all([profile.waitForEvent("page"), page.locator("[data-do=tab]").click()])
  const second = new Widget(tab)
  await second.open()
  await expect.poll(() => second.texts()).toEqual([...both, "In the tunnel"])

  // Out again, in both tabs; the phone stays signed in.
  await page.locator("[data-do=out]").click()
  await expect.poll(() => texts(shop)).toEqual([])
  await expect.poll(() => second.texts()).toEqual([])
  expect(await texts(phone)).toEqual([...both, "In the tunnel"])
})

test("in production it says what this is, and nothing else: no demo, no tokens, nothing of others", async () => {
  const hub = new HubProcess({ NODE_ENV: "production" })
  try {
    await hub.start()
    // It listens on every address; of these a browser trusts its own machine's.
    const url = hub.url.replace("0.0.0.0", "127.0.0.1")
    const page = await here.page(await here.profile())
    const asked: string[] = []
    page.on("request", (request) => asked.push(request.url()))
    await page.goto(url)
    expect(await page.locator("main").textContent()).toMatch(/^\s*Tributary\s+This is a conversation hub\./)
    expect(await page.locator("a, button, iframe, script, form").count()).toBe(0)
    expect(asked.filter((address) => !address.startsWith(url))).toEqual([])
    expect(await violations(page)).toEqual([])
    await here.shot(page, "about")
    for (const path of ["/demo/shop", "/demo/phone", "/dev/token?externalId=mira"])
      expect([path, (await page.request.get(`${url}${path}`)).status()]).toEqual([path, 404])
    expect(here.complaints).toEqual([])
  } finally {
    await hub.stop()
  }
})
