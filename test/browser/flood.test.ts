/** Hundreds of messages at once: an open window draws once a frame, and a row only when it says something else. */
import type { Locator, Page } from "playwright-core"
import { describe, expect, test } from "vitest"
import { stage } from "./browser-stage.ts"
import { enter, Person } from "./console-page.ts"
import { userToken } from "./started-hub.ts"

const here = stage()

const FLOOD = 300
const QUICK = { rateLimits: { sendsPerSecond: 10_000, burst: 10_000 } }

interface Dam {
  closed: boolean
  readonly held: (() => void)[]
}

/** What the hub tells is kept back in the page while the dam is closed, and comes then without a frame between. */
const dam = async (page: Page): Promise<void> => {
  await page.addInitScript(() => {
    const here: Dam = { closed: false, held: [] }
    Object.assign(globalThis, { dam: here })
    globalThis.WebSocket = class extends WebSocket {
      override set onmessage(hear: (event: MessageEvent) => void) {
        this.addEventListener("message", (event) => {
          if (here.closed && String(event.data).includes('["event"')) here.held.push(() => hear(event))
          else hear(event)
        })
      }
    }
  })
}

const close = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const { dam } = globalThis as unknown as { dam: Dam }
    dam.closed = true
  })

interface Counted {
  /** How often the list was drawn while all came, and until it had been. */
  readonly meanwhile: number
  readonly drawings: number
  /** How often a row wrote a time. */
  readonly times: number
}

/** Opens the dam, behind which as many wait, and counts what the list does until it shows these words. */
const flood = (list: Locator, awaited: number, words: string): Promise<Counted> =>
  list.evaluate(
    async (element, expected) => {
      const { dam } = globalThis as unknown as { dam: Dam }
      const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve))
      while (dam.held.length < expected.awaited) await frame()
      const { prototype } = Intl.DateTimeFormat
      const accessor = Object.getOwnPropertyDescriptor(prototype, "format")
      if (!accessor?.get) throw new Error("Formats are got.")
      const { get } = accessor
      let [drawings, times] = [0, 0]
      Object.defineProperty(prototype, "format", {
        ...accessor,
        get() {
          times += 1
          return get.call(this)
        },
      })
      const observer = new MutationObserver(() => {
        drawings += 1
      })
      observer.observe(element, { childList: true, subtree: true })
      dam.closed = false
      for (const pass of dam.held.splice(0)) {
        pass()
        // All that is done at once after a message is done, and no frame comes.
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
      }
      const meanwhile = drawings
      while (!element.textContent?.includes(expected.words)) await frame()
      await frame()
      observer.disconnect()
      Object.defineProperty(prototype, "format", accessor)
      return { meanwhile, drawings, times }
    },
    { awaited, words },
  )

/** Says so many things at once. */
const sayMany = async (person: Person, last: string): Promise<void> => {
  for (let at = 1; at < FLOOD; at += 50)
    await Promise.all(
      Array.from({ length: Math.min(50, FLOOD - at) }, (_, n) => person.say(`Said ${at + n}`)),
    )
  await person.say(last)
}

// What came is drawn, and then what follows of it: the line "new", how far was read, the end of a movement.
const FEW_DRAWINGS = 12
// Of one message: its own row, and the one above it, of which it may take the foot.
const FEW_TIMES = 20

describe("a flood", () => {
  test("into the open window is drawn once a frame, and one message more draws no other row", async () => {
    const app = await here.hub.app(QUICK)
    const widget = await here.visit({ appId: app.id }, { before: dam })
    const jwt = await userToken(app, "mira", "Mira Lang")
    expect(await widget.login(jwt)).toBeNull()
    await widget.open()
    const phone = await Person.visitor(here, app, { jwt, channel: "ios" })
    await phone.say("The first")
    await widget.row("The first").waitFor()
    await close(widget.page)
    await sayMany(phone, "The last of many")
    const { meanwhile, drawings } = await flood(widget.list, FLOOD, "The last of many")
    expect(meanwhile).toBe(0)
    expect(drawings).toBeLessThan(FEW_DRAWINGS)
    await close(widget.page)
    await phone.say("And one more")
    expect((await flood(widget.list, 1, "And one more")).times).toBeLessThan(FEW_TIMES)
    expect(here.complaints).toEqual([])
  })

  test("into the conversation that an agent has open is drawn once a frame, and one message more draws no other row", async () => {
    const app = await here.hub.app(QUICK)
    const visitor = await Person.visitor(here, app)
    await visitor.say("The first")
    await visitor.name("Mira Lang")
    const console = await enter(here, app, "ana", "Ana", {}, dam)
    const list = console.conversation.locator(".anchored-list")
    await console.open("Mira")
    await console.entry("The first").waitFor()
    await close(console.page)
    await sayMany(visitor, "The last of many")
    const { meanwhile, drawings } = await flood(list, FLOOD, "The last of many")
    expect(meanwhile).toBe(0)
    expect(drawings).toBeLessThan(FEW_DRAWINGS)
    await close(console.page)
    await visitor.say("And one more")
    expect((await flood(list, 1, "And one more")).times).toBeLessThan(FEW_TIMES)
    expect(here.complaints).toEqual([])
  })
})

describe("a window", () => {
  test("that the page opens or closes is there or gone at once, before any frame", async () => {
    const app = await here.hub.app()
    const widget = await here.visit({ appId: app.id })
    await widget.open()
    await widget.close()
    const panels = await widget.page.evaluate(async () => {
      // The boundary: what the widget puts into the page.
      const { tributary } = globalThis as unknown as { tributary: (...order: unknown[]) => void }
      const shadow = document.querySelector("tributary-widget")?.shadowRoot
      const counts: (number | undefined)[] = []
      for (const command of ["open", "close"]) {
        tributary(command)
        await Promise.resolve()
        counts.push(shadow?.querySelectorAll(".panel").length)
      }
      return counts
    })
    expect(panels).toEqual([1, 0])
  })

  test("is drawn also where no frame ever comes, as out of sight", async () => {
    const app = await here.hub.app()
    const before = async (page: Page): Promise<void> => {
      await page.addInitScript(() => {
        globalThis.requestAnimationFrame = () => 0
      })
    }
    const widget = await here.visit({ appId: app.id }, { before })
    await widget.page.evaluate(() => {
      const { tributary } = globalThis as unknown as { tributary: (...order: unknown[]) => void }
      tributary("open")
    })
    await widget.field.fill("Hello?")
    await widget.field.press("Enter")
    await widget.row("Hello?").locator(".delivery.sent").waitFor()
    expect(await widget.texts()).toEqual(["Hello?"])
  })
})
