/** Very many conversations are merged into as many, while others write: whether they feel it, beside the calm before and after. */
import { randomBytes } from "node:crypto"
import { Span } from "../bench/machine.ts"
import { sleep, withGenerators } from "../bench/workers.ts"
import { sum } from "../check/verdict.ts"
import type { LargeMerged, LargeParams } from "../generator/jobs/large-job.ts"
import { Bystanders, type Felt } from "./calm-writers.ts"
import type { Figure, Scenario } from "./scenario.ts"

const CONVERSATIONS = 10_000
const SHORT = 200
const BYSTANDERS_PER_SECOND = 100

const felt = (key: string, when: string): Figure[] => [
  { key: `${key}P50`, label: `others' sends ${when}, median`, unit: "ms", compared: true },
  { key: `${key}P99`, label: "the same, 99 %", unit: "ms", compared: true },
  { key: `${key}Worst`, label: "the same, worst", unit: "ms", compared: true },
  { key: `${key}Slow`, label: "of a thousand of them, over 20 ms", unit: "", compared: true },
]

const figuresOf = (key: string, { p50, p99, worst, slow, answers }: Felt): Record<string, number> => ({
  [`${key}P50`]: p50,
  [`${key}P99`]: p99,
  [`${key}Worst`]: worst,
  [`${key}Slow`]: (1_000 * slow) / Math.max(1, answers),
})

export const largeMerge: Scenario = {
  name: "large",
  summary: "10,000 conversations (--conversations) are merged into as many, in steps, while others write",
  figures: [
    { key: "seconds", label: "the merge", unit: "s", compared: true },
    ...felt("calm", "in calm"),
    ...felt("merge", "during the merge"),
  ],
  opponents: [],
  app: { conversationMode: "multi" },
  run: ({ running, options, say }) =>
    withGenerators(
      2,
      () => undefined,
      async ([first, merger]) => {
        if (!first || !merger) throw new Error("No generators.")
        const params: LargeParams = {
          address: running.address,
          run: randomBytes(3).toString("hex"),
          conversations: options.sizes.conversations ?? (options.short ? SHORT : CONVERSATIONS),
        }
        await merger.prepare("large", params)
        const bystanders = new Bystanders(first)
        await bystanders.begin(running, options.sizes.rate ?? BYSTANDERS_PER_SECOND)
        const ours = [first.pid, merger.pid, process.pid]
        say(`${params.conversations} conversations of a person, and as many of a visitor`)
        await merger.call("write")
        await sleep(options.short ? 0.5 : 3)
        const span = new Span({ server: running.pids, store: running.storePids, ours })
        const calm = await bystanders.feel(() => sleep(options.seconds))
        say("the visitor signs in")
        let merged: LargeMerged | undefined
        const during = await bystanders.feel(async () => {
          // The boundary: the job's own result.
          merged = (await merger.call("merge")) as LargeMerged
        })
        const { foreignCores } = span.used()
        if (!merged) throw new Error("The visitor did not sign in.")
        const verdict = await bystanders.end()
        return {
          figures: {
            seconds: merged.ms / 1_000,
            ...figuresOf("calm", calm),
            ...figuresOf("merge", during),
          },
          verdict: sum([verdict, merged.verdict]),
          plots: [],
          foreignCores,
        }
      },
    ),
}
