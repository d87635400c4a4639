/** One browser is one visitor: whatever its tabs do, and however slowly it spreads, in the end they are the same user. */
import fc from "fast-check"
import { expect, it } from "vitest"
import { THOROUGH } from "../thorough.ts"
import { TabsModel } from "./tabs-model.ts"

const NAMES = ["mira", "noah", "ben"] as const

const act = fc.record({
  tab: fc.nat(2),
  /** Signs in as one of these; else signs out, or loses its connection. */
  does: fc.constantFrom(...NAMES, "logout", "logout", "lost"),
  /** What arrives before the next one acts; where nothing is said, everything. */
  steps: fc.option(fc.nat(30)),
})

const drawn = fc.noBias(
  fc.record({
    count: fc.integer({ min: 2, max: 3 }),
    acts: fc.array(act, { minLength: 1, maxLength: 6 }),
    picks: fc.array(fc.nat(1_000), { minLength: 200, maxLength: 200 }),
  }),
)

it(
  "[P4] the tabs of a browser end as one, in whatever order their words arrive",
  async () => {
    await fc.assert(
      fc.asyncProperty(drawn, async ({ count, acts, picks }) => {
        const browser = new TabsModel(count)
        let used = 0
        const step = (): Promise<boolean> => browser.step(picks[used++ % picks.length] ?? 0)
        const rest = async (): Promise<void> => {
          for (let n = 0; await step(); n += 1) if (n > 3_000) throw new Error("It does not come to rest.")
        }
        for (const tab of browser.tabs) tab.begin()
        await rest()
        for (const [id, { tab: no, does, steps }] of acts.entries()) {
          const tab = browser.tabs[no % count]
          if (does === "logout") tab?.logout(id)
          else if (does === "lost") tab?.lose()
          else tab?.login(id, does)
          if (steps === null) await rest()
          else for (let n = 0; n < steps; n += 1) await step()
        }
        await rest()
        const ends = browser.tabs.map(({ state }) => `${state.phase.at} ${state.owner?.userId}`)
        const log = browser.tabs.map((tab) => [`tab ${tab.no}`, ...tab.log].join("\n")).join("\n\n")
        expect(new Set(ends).size, log).toBe(1)
        expect(ends[0], log).toMatch(/^open usr/)
        // Every call is answered, and once.
        for (const { asked, settled } of browser.tabs)
          expect([...settled].sort(), log).toEqual([...asked].sort())
      }),
      // A failure is long, and made shorter only slowly: the log of its tabs says more.
      { numRuns: 80 * THOROUGH, endOnFailure: true },
    )
  },
  120_000 * THOROUGH,
)
