/** A full inbox: 10,000 tickets of one app, 1,500 of one user. */
import { randomBytes } from "node:crypto"
import { Span } from "../bench/machine.ts"
import { withGenerator } from "../bench/workers.ts"
import { type Counts, Histogram } from "../check/histogram.ts"
import type { Inbox, TicketsParams } from "../generator/jobs/tickets-job.ts"
import type { Scenario } from "./scenario.ts"

export const tickets: Scenario = {
  name: "tickets",
  summary:
    "10,000 tickets of one app (--tickets), 1,500 of one user (--own): an agent pages, assigns; the user writes",
  figures: [
    { key: "pageP50", label: "a page of 100 tickets, median", unit: "ms", compared: true },
    { key: "pageP99", label: "the same, 99 %", unit: "ms", compared: true },
    { key: "assignedP50", label: "a page of 25 of my own, median", unit: "ms", compared: true },
    { key: "updateP50", label: "assigning a ticket, median", unit: "ms", compared: true },
    { key: "updateP99", label: "the same, 99 %", unit: "ms", compared: true },
    { key: "sendP50", label: "a send of the user with very many, median", unit: "ms", compared: true },
    { key: "sendP99", label: "the same, 99 %", unit: "ms", compared: true },
    { key: "cpu", label: "CPU of server and Redis for all of that", unit: "s", compared: true },
    { key: "made", label: "tickets of visitors made", unit: "/s", compared: true },
    { key: "ownMade", label: "tickets of the one user made", unit: "/s", compared: true },
  ],
  opponents: [],
  app: { conversationMode: "multi" },
  run: ({ running, options, say }) =>
    withGenerator(async (generator) => {
      const { sizes, short } = options
      const params: TicketsParams = {
        address: running.address,
        run: randomBytes(3).toString("hex"),
        visitors: sizes.tickets ?? (short ? 150 : 10_000),
        own: sizes.own ?? (short ? 120 : 1_500),
      }
      await generator.prepare("tickets", params)
      const seconds = async (verb: string): Promise<number> => {
        const at = performance.now()
        await generator.call(verb)
        return (performance.now() - at) / 1000
      }
      say(`${params.visitors} visitors write`)
      const visitors = await seconds("visitors")
      say(`one user makes ${params.own} tickets`)
      const own = await seconds("person")
      say("an agent looks through all of them")
      const span = new Span({
        server: running.pids,
        store: running.storePids,
        ours: [generator.pid, process.pid],
      })
      // The boundary: the job's own result.
      const inbox = (await generator.call("inbox")) as Inbox
      const used = span.used()
      const quantile = (counts: Counts, share: number): number => Histogram.joined([counts]).quantile(share)
      return {
        figures: {
          pageP50: quantile(inbox.pages, 0.5),
          pageP99: quantile(inbox.pages, 0.99),
          assignedP50: quantile(inbox.assigned, 0.5),
          updateP50: quantile(inbox.updates, 0.5),
          updateP99: quantile(inbox.updates, 0.99),
          sendP50: quantile(inbox.sends, 0.5),
          sendP99: quantile(inbox.sends, 0.99),
          cpu: (used.cpu.server ?? 0) + (used.cpu.store ?? 0),
          made: params.visitors / visitors,
          ownMade: params.own / own,
        },
        verdict: inbox.verdict,
        plots: [],
        foreignCores: used.foreignCores,
      }
    }),
}
