/** Everything that may grow while a message should cost what it did. */
import { withGenerator } from "../bench/workers.ts"
import type { FoldOrder } from "../generator/jobs/paging-job.ts"
import { byLoad, bySends, type Cost, cost, fresh, newRun } from "./growth-cost.ts"
import type { Stage } from "./scenario.ts"

interface Dimension {
  readonly key: string
  readonly label: string
  readonly values: readonly number[]
  readonly few: readonly number[]
  /** All points, in the order of the values, each on what the former left behind. */
  measure(stage: Stage, values: readonly number[]): Promise<Cost[]>
}

export const DIMENSIONS: readonly Dimension[] = [
  {
    key: "users",
    label: "users that are connected",
    values: [10, 100, 1_000, 3_000],
    few: [5, 20],
    measure: byLoad((rooms) => ({ rooms })),
  },
  {
    key: "devices",
    label: "devices of each user",
    values: [1, 3, 10, 30],
    few: [1, 5],
    measure: byLoad((devices) => ({ devices, rooms: 10 })),
  },
  {
    key: "consoles",
    label: "agents who watch everything",
    values: [0, 1, 10, 50],
    few: [0, 3],
    measure: byLoad((consoles) => ({ consoles })),
  },
  {
    key: "nodes",
    label: "nodes on one Redis",
    values: [1, 2, 4],
    few: [1, 2],
    async measure(stage, values) {
      const costs: Cost[] = []
      for (const nodes of values) costs.push(await fresh(stage, (running) => cost(stage, running, {}), nodes))
      return costs
    },
  },
  {
    key: "history",
    label: "messages of the conversation",
    values: [10, 1_000, 10_000],
    few: [10, 100],
    measure: (stage, values) =>
      fresh(stage, (running) =>
        withGenerator(async (generator) => {
          await generator.prepare("paging", { address: running.address, run: newRun(), characters: 200 })
          const grow = (to: number, from: number) => generator.call("sends", to - from)
          return bySends(stage, running, generator, values, grow)
        }),
      ),
  },
  {
    key: "segments",
    label: "visits folded into the conversation",
    values: [0, 10, 100, 500],
    few: [0, 5],
    measure: (stage, values) =>
      fresh(stage, (running) =>
        withGenerator(async (generator) => {
          await generator.prepare("paging", { address: running.address, run: newRun(), characters: 200 })
          const grow = (to: number, from: number) => {
            const order: FoldOrder = { folds: to - from, messages: 2 }
            return generator.call("fold", order)
          }
          return bySends(stage, running, generator, values, grow)
        }),
      ),
  },
  {
    key: "conversations",
    label: "conversations of the user, each with a ticket",
    values: [1, 50, 150, 1_000],
    few: [1, 20],
    measure: (stage, values) =>
      fresh(
        stage,
        (running) =>
          withGenerator(async (generator) => {
            await generator.prepare("tickets", {
              address: running.address,
              run: newRun(),
              visitors: 0,
              own: 0,
            })
            const grow = (to: number) => generator.call("person", to)
            return bySends(stage, running, generator, values, grow)
          }),
        1,
        { conversationMode: "multi" },
      ),
  },
  {
    key: "tickets",
    label: "closed tickets of the one conversation",
    values: [0, 10, 100, 500],
    few: [0, 5],
    measure: (stage, values) =>
      fresh(stage, (running) =>
        withGenerator(async (generator) => {
          await generator.prepare("tickets", { address: running.address, run: newRun(), visitors: 0, own: 0 })
          await generator.call("begin")
          const grow = (to: number, from: number) => generator.call("close", to - from)
          return bySends(stage, running, generator, values, grow)
        }),
      ),
  },
]
