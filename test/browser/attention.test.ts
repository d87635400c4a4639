/** An agent who looks elsewhere: a notification, a sound, and a number on the tab – where they asked for them. */
import type { Page } from "playwright-core"
import { expect, test } from "vitest"
import { stage } from "./browser-stage.ts"
import { enter, Person } from "./console-page.ts"

const here = stage()

interface Received {
  readonly notifications: { readonly title: string; readonly body: string; press(): void }[]
  readonly tones: number[]
  asked: number
}

/** A browser that writes down what it would show and play; the agent looks at another window. */
const listen = (page: Page): Promise<void> =>
  page
    .addInitScript(() => {
      const received: Received = { notifications: [], tones: [], asked: 0 }
      Object.assign(globalThis, { received })
      let permission: NotificationPermission = "default"
      class Shown {
        static get permission(): NotificationPermission {
          return permission
        }
        static async requestPermission(): Promise<NotificationPermission> {
          received.asked += 1
          permission = "granted"
          return permission
        }
        onclick: (() => void) | undefined
        constructor(title: string, { body = "" }: NotificationOptions = {}) {
          received.notifications.push({ title, body, press: () => this.onclick?.() })
        }
        close(): void {}
      }
      Object.assign(globalThis, { Notification: Shown })
      document.hasFocus = () => false
      OscillatorNode.prototype.start = function start(this: OscillatorNode) {
        received.tones.push(this.frequency.value)
      }
      OscillatorNode.prototype.stop = () => undefined
    })
    .then(() => undefined)

const receivedIn = (page: Page): Promise<{ shown: string[]; tones: number; asked: number }> =>
  page.evaluate(() => {
    const { received } = globalThis as unknown as { received: Received }
    const shown = received.notifications.map(({ title, body }) => `${title} | ${body}`)
    return { shown, tones: received.tones.length, asked: received.asked }
  })

const icon = (page: Page): Promise<string> =>
  page.evaluate(() => document.querySelector<HTMLLinkElement>("link[rel=icon]")?.href ?? "")

test("is called by a notification, a sound and the tab's number; a press on it opens the ticket", async () => {
  const app = await here.hub.app()
  const nora = await Person.visitor(here, app)
  await nora.name("Nora Lind")
  const ada = await enter(here, app, "ada", "Ada Brand", {}, listen)
  const { page } = ada
  const plain = await icon(page)
  expect(plain).toMatch(/\.svg$/)

  // No agent asked for a sound: only the number says that something came.
  await nora.say("first")
  await expect.poll(() => page.title()).toBe("(1) Tributary")
  await expect.poll(() => icon(page)).toMatch(/^data:image\/png/)
  expect(await receivedIn(page)).toEqual({ shown: [], tones: 0, asked: 0 })

  await page.getByRole("button", { name: "Sound and notifications are off" }).click()
  await expect.poll(async () => (await receivedIn(page)).asked).toBe(1)
  await page.getByRole("button", { name: "Sound and notifications are on" }).waitFor()
  await nora.say("second")
  await nora.say("third")
  await expect
    .poll(async () => (await receivedIn(page)).shown)
    .toEqual(["Nora Lind wrote | second", "Nora Lind wrote | third"])
  // Two notes, once: what comes together is one sound.
  expect((await receivedIn(page)).tones).toBe(2)

  await page.evaluate(() =>
    (globalThis as unknown as { received: Received }).received.notifications[0]?.press(),
  )
  await expect.poll(() => ada.heading.textContent()).toContain("Nora Lind")
  await page.getByRole("button", { name: "Sound and notifications are on" }).click()
  await nora.say("fourth")
  await ada.entry("fourth").waitFor()
  expect((await receivedIn(page)).shown).toHaveLength(2)

  // What is read calls no agent any more.
  await page.evaluate(() => {
    document.hasFocus = () => true
    dispatchEvent(new Event("focus"))
  })
  await expect.poll(() => page.title()).toBe("Tributary")
  await expect.poll(() => icon(page)).toBe(plain)
  expect(here.complaints).toEqual([])
})
