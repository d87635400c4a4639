/** The widget as a visitor uses it: what they press, and what they see. */
import type { Locator, Page } from "playwright-core"

export class Widget {
  readonly page: Page
  readonly launcher: Locator
  readonly badge: Locator
  readonly panel: Locator
  readonly field: Locator
  readonly list: Locator
  readonly banner: Locator

  constructor(page: Page) {
    this.page = page
    this.launcher = page.locator("tributary-widget .launcher")
    this.badge = page.locator("tributary-widget .badge")
    this.panel = page.locator("tributary-widget .panel")
    this.field = this.panel.locator("textarea")
    this.list = this.panel.locator(".anchored-list")
    this.banner = this.panel.locator(".banner")
  }

  /** What the badge shows. */
  get count(): Promise<string | null> {
    return this.badge.getAttribute("data-count")
  }

  async open(): Promise<void> {
    await this.launcher.click()
    await this.field.or(this.panel.locator(".home")).waitFor()
  }

  async close(): Promise<void> {
    await this.page.keyboard.press("Escape")
    await this.panel.waitFor({ state: "detached" })
  }

  async send(text: string): Promise<void> {
    await this.field.fill(text)
    await this.field.press("Enter")
  }

  /** The words of every message, in the order in which they stand. */
  texts(): Promise<string[]> {
    return this.panel.locator(".row .words").allTextContents()
  }

  row(text: string): Locator {
    return this.panel.locator(".row", { hasText: text })
  }

  /** Says a command of the page. */
  command(name: string, ...args: readonly unknown[]): Promise<void> {
    return this.page.evaluate(
      ([command, rest]) => {
        // The boundary: what the widget puts into the page.
        const { tributary } = globalThis as unknown as { tributary: (...order: unknown[]) => void }
        tributary(command, ...rest)
      },
      [name, args] as const,
    )
  }

  /** Listens as a page would; what came is told by `received`. */
  listen(...events: readonly string[]): Promise<void> {
    return this.page.evaluate((names) => {
      // The boundary: what the widget puts into the page, and what this test does.
      const page = globalThis as unknown as {
        tributary: (...order: unknown[]) => void
        received: unknown[]
      }
      page.received ??= []
      for (const name of names)
        page.tributary("on", name, (data: unknown) => page.received.push([name, data]))
    }, events)
  }

  received(): Promise<[string, Record<string, unknown>][]> {
    return this.page.evaluate(() => {
      const page = globalThis as unknown as { received?: [string, Record<string, unknown>][] }
      return page.received ?? []
    })
  }

  /** Signs in as the page would. @returns the failure, if it fails */
  login(token: string | null): Promise<{ code: string } | null> {
    return this.page.evaluate((jwt) => {
      const { tributary } = globalThis as unknown as { tributary: (...order: unknown[]) => void }
      return new Promise<{ code: string } | null>((resolve) => tributary("loginUser", () => jwt, resolve))
    }, token)
  }

  logout(): Promise<unknown> {
    return this.page.evaluate(() => {
      const { tributary } = globalThis as unknown as { tributary: (...order: unknown[]) => void }
      return new Promise((resolve) => tributary("logoutUser", resolve))
    })
  }
}
