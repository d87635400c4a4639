/** Far from the store: logins that merge into a conversation that is written to all the while. A node's first one stands apart. */
import { randomBytes } from "node:crypto"
import { Span } from "../bench/machine.ts"
import { sleep, withGenerators } from "../bench/workers.ts"
import { CLEAN, sum } from "../check/verdict.ts"
import type { RoomsResult } from "../generator/job.ts"
import type { FarLogins, FarParams } from "../generator/jobs/far-job.ts"
import type { RoomsParams } from "../generator/jobs/rooms-job.ts"
import type { Scenario } from "./scenario.ts"

/** Away from the rooms of others; the hub's dialect makes `person-60000` of it. */
const ROOM = 60_000
const WRITERS = 4
const PER_SECOND = 200
const DISTANCE_MS = 5
const PARTITIONS = 4
const LOGINS = 10
const PAUSE_MS = 150

export const far: Scenario = {
  name: "far",
  summary: `logins that merge where the store is ${DISTANCE_MS} ms away and ${PER_SECOND} messages a second come into the person's conversation`,
  figures: [
    { key: "first", label: "the first login of a node, worst", unit: "ms", compared: true },
    { key: "median", label: "the others, median", unit: "ms", compared: true },
    { key: "worst", label: "the others, worst", unit: "ms", compared: true },
  ],
  opponents: [],
  distanceMs: DISTANCE_MS,
  partitions: PARTITIONS,
  run: ({ running, options, say }) =>
    withGenerators(
      2,
      () => undefined,
      async ([writers, visitors]) => {
        if (options.store === "embedded") {
          say("left out: the embedded store is never far")
          return { figures: {}, verdict: CLEAN, plots: [], foreignCores: 0 }
        }
        if (!writers || !visitors) throw new Error("No generators.")
        const { address } = running
        const run = randomBytes(3).toString("hex")
        const characters = options.sizes.characters ?? 200
        const stream: RoomsParams = {
          address,
          run,
          first: ROOM,
          rooms: 1,
          devices: WRITERS,
          senders: WRITERS,
          window: 1,
          characters,
          perSecond: options.sizes.rate ?? PER_SECOND,
          drainMs: 15_000,
        }
        const nodes = address.endpoints.length
        const guests: FarParams = {
          address,
          run: randomBytes(3).toString("hex"),
          externalId: `person-${ROOM}`,
          logins: LOGINS * nodes,
          characters,
          pauseMs: PAUSE_MS,
        }
        await writers.prepare("rooms", stream)
        await visitors.prepare("far", guests)
        await writers.call("go")
        await sleep(options.short ? 1 : 3)
        const ours = [writers.pid, visitors.pid, process.pid]
        const span = new Span({ server: running.pids, store: running.storePids, ours })
        // The boundary: the job's own result.
        const { took, verdict } = (await visitors.call("login")) as FarLogins
        const used = span.used()
        const stopped = (await writers.call("stop")) as RoomsResult
        say(took.map((ms) => ms.toFixed(0)).join(" "))
        const others = took.slice(nodes).sort((a, b) => a - b)
        return {
          figures: {
            first: Math.max(...took.slice(0, nodes)),
            median: others[Math.floor(others.length / 2)] ?? 0,
            worst: others.at(-1) ?? 0,
          },
          verdict: sum([verdict, stopped.verdict]),
          plots: [],
          foreignCores: used.foreignCores,
        }
      },
    ),
}
