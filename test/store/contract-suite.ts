/**
 * The proof of `src/store/contract.ts`: one suite for every engine. A test's name begins with the rule it proves.
 * Each test runs over an app of one partition or over an app of four, with `THOROUGH` over both, and does its work in all
 * of them at once under the same names: what leaked from one partition into another would be counted there.
 *
 * What only one kind of engine can suffer (a lost connection, a killed server, a lost tail) stands in its own test.
 */
import { afterEach, beforeEach, describe } from "vitest"
import type { Store } from "../../src/store/contract.ts"
import { THOROUGH } from "../thorough.ts"
import { bytesRules } from "./contract/byte-rules.ts"
import { commitRules } from "./contract/commit-rules.ts"
import { expiryRules } from "./contract/expiry-rules.ts"
import { followRules } from "./contract/follow-rules.ts"
import { idRules } from "./contract/id-rules.ts"
import { lifeRules } from "./contract/life-rules.ts"
import { logRules } from "./contract/log-rules.ts"
import { rankingRules } from "./contract/ranking-rules.ts"
import { recordRules } from "./contract/record-rules.ts"
import { refusalRules } from "./contract/refusal-rules.ts"
import { DEADLINE_MS, type Rig } from "./contract/rig.ts"

export interface Opened {
  /** A store that holds nothing. */
  readonly store: Store
  /** Ends the store as if its process had gone, and opens another one over the same data. */
  reopen(): Promise<Store>
  /** Ends what `open` and `reopen` began; the store may be closed already. */
  close(): Promise<void>
}

export interface SuiteOptions {
  /** The partitions of the app that is always played. */
  readonly layout: readonly string[]
  /** For how long a test waits for what must happen, in milliseconds. */
  readonly deadline?: number
}

export const ALONE = ["app1:0"]
export const SPREAD = ["app4:0", "app4:1", "app4:2", "app4:3"]

export function contractSuite(name: string, open: () => Promise<Opened>, options: SuiteOptions): void {
  const deadline = options.deadline ?? DEADLINE_MS
  const layouts = THOROUGH > 1 ? [ALONE, SPREAD] : [options.layout]
  describe.each(layouts.map((partitions) => ({ partitions })))(
    `${name}, $partitions.length partition(s)`,
    { timeout: 4 * deadline },
    ({ partitions }) => {
      let opened: Opened | undefined
      const current = (): Opened => {
        if (opened === undefined) throw new Error("no store is open outside a test")
        return opened
      }
      const rig: Rig = {
        deadline,
        get store() {
          return current().store
        },
        reopen: () => current().reopen(),
        inEach: async (work) => {
          await Promise.all(partitions.map(work))
        },
      }

      beforeEach(async () => {
        opened = await open()
      })
      afterEach(async () => {
        await opened?.close()
        opened = undefined
      })

      recordRules(rig)
      commitRules(rig)
      idRules(rig)
      logRules(rig)
      rankingRules(rig)
      expiryRules(rig)
      followRules(rig)
      bytesRules(rig)
      refusalRules(rig)
      lifeRules(rig)
    },
  )
}
