/** One site for a file of tests, in the one browser of the process and, unless it brings its own, over the one hub; each test has an app and a browser profile of its own. */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll } from "vitest"
import { sharedBrowser } from "./chromium.ts"
import { rest } from "./movement.ts"
import { Site, type Tag } from "./owner-site.ts"
import { build, type HubProcess, sharedHub } from "./started-hub.ts"
import { Widget } from "./widget.ts"

/** The main states as a run saw them, where they are asked for (`npm run shots`). */
const IS_SHOWN = process.env.SHOTS !== undefined
const SHOTS = fileURLToPath(new URL("../../dist/shots", import.meta.url))

/** A console asks for its counts half a second after what changed them: a picture shows them as they are then. */
const COUNTED_MS = 1_500

export class Stage {
  readonly hub: HubProcess
  readonly site = new Site()
  readonly #profiles: BrowserContext[] = []
  readonly #moves: boolean
  #browser: Browser | undefined
  /** What pages complained of. */
  readonly complaints: string[] = []

  constructor(hub: HubProcess, moves: boolean) {
    this.hub = hub
    this.#moves = moves
  }

  async begin(): Promise<void> {
    build()
    mkdirSync(SHOTS, { recursive: true })
    const started = this.hub.runs ? undefined : this.hub.start()
    const [browser] = await Promise.all([sharedBrowser(), started, this.site.start()])
    this.#browser = browser
  }

  async end(): Promise<void> {
    this.site.stop()
    if (this.hub !== sharedHub()) await this.hub.stop()
  }

  async tidy(): Promise<void> {
    for (const profile of this.#profiles.splice(0)) await profile.close()
    this.complaints.length = 0
    if (!this.hub.runs) await this.hub.start()
  }

  /** A visitor's browser: nothing is stored in it yet. */
  async profile(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    if (!this.#browser) throw new Error("There is no browser yet.")
    const profile = await this.#browser.newContext({
      viewport: { width: 1180, height: 820 },
      locale: "en-GB",
      reducedMotion: this.#moves ? "no-preference" : "reduce",
      ...options,
    })
    this.#profiles.push(profile)
    return profile
  }

  /** An empty page whose complaints are heard. */
  async page(profile: BrowserContext): Promise<Page> {
    const page = await profile.newPage()
    this.#hear(page)
    return page
  }

  /** A page of the site, in a profile or in a new one. */
  async visit(
    tag: Partial<Tag> & { readonly appId: string },
    {
      profile,
      options,
      before,
    }: {
      profile?: BrowserContext
      options?: BrowserContextOptions
      /** What is done with the page before it goes anywhere. */
      before?: (page: Page) => Promise<void>
    } = {},
  ): Promise<Widget> {
    const within = profile ?? (await this.profile(options))
    const page = await this.page(within)
    await before?.(page)
    await page.goto(this.site.page({ hub: this.hub.url, ...tag }))
    const widget = new Widget(page)
    await widget.launcher.waitFor()
    return widget
  }

  async shot(page: Page, name: string): Promise<void> {
    if (!IS_SHOWN) return
    await rest(page)
    await page.waitForTimeout(COUNTED_MS)
    await page.screenshot({ path: join(SHOTS, `${name}.png`), animations: "disabled" })
  }

  #hear(page: Page): void {
    page.on("pageerror", (error) => this.complaints.push(`${error.message}`))
    page.on("console", (message) => {
      const offline = /WebSocket connection to|net::ERR_/.test(message.text())
      if (message.type() === "error" && !offline) this.complaints.push(message.text())
    })
  }
}

/**
 * Call once per file.
 *
 * @param moves as most people see it; without movement a page takes a quarter less of the processor, and comes to rest at once
 */
export function stage(hub = sharedHub(), { moves = IS_SHOWN } = {}): Stage {
  const here = new Stage(hub, moves)
  beforeAll(() => here.begin(), 180_000)
  afterEach(() => here.tidy())
  afterAll(() => here.end())
  return here
}
