/** Whatever people do, in whatever order: the laws of docs/architecture.md 1 and 9 hold afterwards (fast-check over a real store). */
import * as fc from "fast-check"
import { test } from "vitest"
import type { View } from "../../src/client/view-model.ts"
import type { ConversationMode } from "../../src/protocol/settings.ts"
import { THOROUGH } from "../thorough.ts"
import { fileStore } from "./file-store.ts"
import * as laws from "./laws.ts"
import { Ledger } from "./ledger.ts"
import { type Act, act, Play } from "./sequence.ts"
import { externalIdOn, MODES, newApp } from "./stage.ts"

const opened = fileStore()

const RUNS = 24 * THOROUGH
const DEADLINE_MS = RUNS * 2_000

const world = {
  partitions: fc.constantFrom(1, 4),
  acts: fc.array(act, { minLength: 25, maxLength: 60, size: "max" }),
}

async function played(
  mode: ConversationMode,
  partitions: number,
  acts: readonly Act[],
): Promise<laws.Played> {
  const app = await newApp(opened.store, mode, partitions)
  const names = ["ada", "bob", "cem"].map((name, k) => externalIdOn(k % partitions, name, partitions))
  const views: View[] = []
  const ledger = new Ledger(mode === "single")
  const play = new Play(app, ledger, names, async (userId) => {
    views.push(await laws.viewOf(app, userId))
  })
  await play.all(acts)
  return { app, ledger, views }
}

const LAWS = [
  ["[P1] [P3] messages are conserved, in one order, where they were acknowledged", laws.conserved],
  ["[P2] a device's view after the events is the state fetched anew", laws.followed],
  ["[P2] a console's tickets after the events are those fetched anew", laws.watched],
  ["[P3] what is unread, counted anew for both sides", laws.counted],
  ["[P3] tickets: none lost, one active per conversation, rankings and numbers agree", laws.filed],
  ["[P4] notes reach no end user, and no anonymous session opens a person", laws.hidden],
  ["[P5] every id of users, conversations and tickets lives on", laws.named],
] as const

/** Each sequence is played once, and every law looks at what came of it. */
test.concurrent.each(MODES)(
  "[P1] [P2] [P3] [P4] [P5] %s mode: every law holds after any sequence",
  async (mode) => {
    const property = fc.asyncProperty(world.partitions, world.acts, async (partitions, acts) => {
      const after = await played(mode, partitions, acts)
      for (const [name, law] of LAWS) {
        try {
          await law(after)
        } catch (error) {
          throw new Error(name, { cause: error })
        }
      }
    })
    await fc.assert(property, {
      numRuns: RUNS,
      interruptAfterTimeLimit: DEADLINE_MS / 3,
      includeErrorInReport: true,
    })
  },
  DEADLINE_MS,
)
