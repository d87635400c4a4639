/** Reading upwards through a history of 2,000 segments and 28,000 messages: the bound of a conversation is 30,000. */
import { randomBytes } from "node:crypto"
import { residentBytesOf, Span } from "../bench/machine.ts"
import { withGenerator } from "../bench/workers.ts"
import { type Counts, Histogram } from "../check/histogram.ts"
import type { FoldOrder, PagingParams, Read } from "../generator/jobs/paging-job.ts"
import type { Scenario } from "./scenario.ts"

const FOLDS = 2_000
const MESSAGES = 28_000
/** In how many parts the history is made: the first and the last are compared. */
const PARTS = 10

export const paging: Scenario = {
  name: "paging",
  summary: "a history of 2,000 segments (--folds) and 28,000 messages (--history), read page by page",
  figures: [
    {
      key: "firstFold",
      label: "a login that folds a visit, the first tenth, median",
      unit: "ms",
      compared: true,
    },
    { key: "lastFold", label: "the same, the last tenth", unit: "ms", compared: true },
    { key: "latestP50", label: "the latest page of 50, median", unit: "ms", compared: true },
    { key: "middleP50", label: "a page of 50 in the middle, median", unit: "ms", compared: true },
    { key: "pageP50", label: "pages of 100 on the way up, median", unit: "ms", compared: true },
    { key: "pageP99", label: "the same, 99 %", unit: "ms", compared: true },
    { key: "pageCpu", label: "CPU of server and Redis per page, all reads", unit: "ms", compared: true },
    { key: "messages", label: "messages read", unit: "", compared: false },
    { key: "seconds", label: "the whole history", unit: "s", compared: true },
    { key: "sendP50", label: "a send into it, median", unit: "ms", compared: true },
    { key: "memory", label: "memory of the server at the end", unit: "MB", compared: true },
  ],
  opponents: [],
  run: ({ running, options, say }) =>
    withGenerator(async (generator) => {
      const { sizes, short } = options
      const folds = sizes.folds ?? (short ? 20 : FOLDS)
      const total = sizes.history ?? (short ? 200 : MESSAGES)
      const params: PagingParams = {
        address: running.address,
        run: randomBytes(3).toString("hex"),
        characters: sizes.characters ?? 200,
      }
      await generator.prepare("paging", params)
      const medians: number[] = []
      const line: [number, number][] = []
      for (let part = 1; part <= PARTS; part++) {
        const order: FoldOrder = {
          folds: Math.ceil(folds / PARTS),
          messages: Math.max(1, Math.round(total / folds)),
        }
        // The boundary: the job's own result.
        const waits = (await generator.call("fold", order)) as Counts
        const median = Histogram.joined([waits]).quantile(0.5)
        medians.push(median)
        line.push([part * order.folds, median])
        say(`${part * order.folds} visits folded, a login takes ${median.toFixed(1)} ms`)
      }
      const span = new Span({
        server: running.pids,
        store: running.storePids,
        ours: [generator.pid, process.pid],
      })
      const read = (await generator.call("read")) as Read
      const used = span.used()
      const quantile = (counts: Counts, share: number): number => Histogram.joined([counts]).quantile(share)
      const cpu = (used.cpu.server ?? 0) + (used.cpu.store ?? 0)
      return {
        figures: {
          firstFold: medians[0] ?? 0,
          lastFold: medians.at(-1) ?? 0,
          latestP50: quantile(read.latest, 0.5),
          middleP50: quantile(read.middle, 0.5),
          pageP50: quantile(read.waits, 0.5),
          pageP99: quantile(read.waits, 0.99),
          pageCpu: (cpu * 1000) / (read.pages + 2 * Histogram.joined([read.latest]).count),
          messages: read.messages,
          seconds: read.seconds,
          sendP50: quantile(read.sends, 0.5),
          memory: residentBytesOf(running.pids) / 2 ** 20,
        },
        verdict: read.verdict,
        plots: [{ title: "A login by the visits folded before", unit: "ms", lines: { login: line } }],
        foreignCores: used.foreignCores,
      }
    }),
}
