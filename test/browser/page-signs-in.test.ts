/** What a page says of who is signed in, in any order and at any pace: what it said last holds. */
import { describe, expect, test } from "vitest"
import { stage } from "./browser-stage.ts"
import { userToken } from "./started-hub.ts"
import type { Widget } from "./widget.ts"

const here = stage()

/** After so long the page's server answers. */
interface Slow {
  readonly jwt: string
  readonly ms: number
}

/** The page says each of these at once: a sign-in with a token that comes late, or a sign-out. @returns what was answered, when all tokens have come */
const say = (widget: Widget, ...orders: readonly (Slow | "logout")[]): Promise<(string | null)[]> =>
  widget.page.evaluate(async (all) => {
    // The boundary: what the widget puts into the page.
    const { tributary } = globalThis as unknown as { tributary: (...order: unknown[]) => void }
    const given: Promise<unknown>[] = []
    const late = ({ jwt, ms }: Slow): Promise<unknown> => {
      const token = new Promise((resolve) => setTimeout(resolve, ms, jwt))
      given.push(token)
      return token
    }
    const answers = await Promise.all(
      all.map(
        (order) =>
          new Promise<string | null>((resolve) => {
            const done = (failure: { code: string } | null): void => resolve(failure?.code ?? null)
            if (order === "logout") tributary("logoutUser", done)
            else tributary("loginUser", () => late(order), done)
          }),
      ),
    )
    await Promise.all(given)
    return answers
  }, orders)

const tell = async (widget: Widget, text: string): Promise<void> => {
  if ((await widget.panel.count()) === 0) await widget.open()
  await widget.send(text)
  await widget.row(text).locator(".delivery.sent").waitFor()
}

const personOf = (widget: Widget): Promise<string[]> => widget.panel.locator(".person").allTextContents()

describe.each(["before the window was opened", "in the open window"])("%s", (when) => {
  const visit = async (appId: string): Promise<Widget> => {
    const widget = await here.visit({ appId })
    await widget.listen("auth")
    if (when === "in the open window") await widget.open()
    return widget
  }

  test("[P4] a sign-out holds against a token that was asked for before it", async () => {
    const app = await here.hub.app()
    const widget = await visit(app.id)
    const jwt = await userToken(app, "mira", "Mira Lang")
    expect(await say(widget, { jwt, ms: 500 }, "logout")).toEqual(["identity_changed", null])
    await tell(widget, "Who is here?")
    expect(await personOf(widget)).toEqual([])
    expect((await widget.received()).map(([, { type }]) => type)).not.toContain("login")
  })

  test("[P4] of two people the one who was named last is signed in, whoever's token comes first", async () => {
    const app = await here.hub.app()
    const widget = await visit(app.id)
    const [mira, noah] = [await userToken(app, "mira", "Mira Lang"), await userToken(app, "noah", "Noah Ott")]
    const answers = await say(widget, { jwt: mira, ms: 800 }, { jwt: noah, ms: 100 })
    expect(answers).toEqual(["identity_changed", null])
    await tell(widget, "Who is here?")
    await expect.poll(async () => (await personOf(widget)).join()).toContain("Noah Ott")
    expect((await widget.received()).map(([, { externalId }]) => externalId)).toEqual(["noah"])
  })

  test("[P4] a sign-out in another tab holds, too: the page is asked again who is there", async () => {
    const app = await here.hub.app()
    const profile = await here.profile()
    const other = await here.visit({ appId: app.id }, { profile })
    const jwt = await userToken(app, "mira", "Mira Lang")
    expect(await other.login(jwt)).toBeNull()
    const widget = await here.visit({ appId: app.id }, { profile })
    if (when === "in the open window") await widget.open()
    const answer = widget.page.evaluate((token) => {
      const page = globalThis as unknown as { tributary: (...order: unknown[]) => void; asked: number }
      page.asked = 0
      const late = (): Promise<unknown> => {
        page.asked += 1
        return new Promise((resolve) => setTimeout(resolve, 1_500, page.asked === 1 ? token : null))
      }
      return new Promise<{ code: string } | null>((resolve) => page.tributary("loginUser", late, resolve))
    }, jwt)
    await widget.page.waitForFunction(() => (globalThis as unknown as { asked?: number }).asked === 1)
    await other.logout()
    expect(await answer).toMatchObject({ code: "not_signed_in" })
    for (const tab of [other, widget]) {
      if ((await tab.panel.count()) === 0) await tab.open()
      await tab.field.waitFor()
      expect(await personOf(tab)).toEqual([])
    }
  })
})

test("a token that ended and is given again and again is none: the window says so, and goes on when another comes", async () => {
  const app = await here.hub.app()
  const widget = await here.visit({ appId: app.id }, { before: (page) => page.clock.install() })
  expect(await widget.login(await userToken(app, "mira", "Mira Lang", 3))).toBeNull()
  await widget.open()
  await widget.listen("auth")
  await expect
    .poll(async () => {
      await widget.page.clock.runFor(2_000)
      return widget.banner.allTextContents()
    })
    .toEqual([expect.stringContaining("Sign in again")])
  await widget.send("Am I heard?")
  expect(await widget.login(await userToken(app, "mira", "Mira Lang"))).toBeNull()
  await widget.page.clock.resume()
  await widget.row("Am I heard?").locator(".delivery.sent").waitFor()
  await widget.banner.waitFor({ state: "detached" })
})
