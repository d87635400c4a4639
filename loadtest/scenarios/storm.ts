/** After a break everybody is back in the same moment, and has missed something. */
import { randomBytes } from "node:crypto"
import { Span } from "../bench/machine.ts"
import { withGenerator } from "../bench/workers.ts"
import { Histogram } from "../check/histogram.ts"
import type { Return, StormParams } from "../generator/jobs/storm-job.ts"
import type { Scenario } from "./scenario.ts"

const DEVICES = 5
const AT_ONCE = 250

export const storm: Scenario = {
  name: "storm",
  summary: "5,000 devices of 1,000 people come back at once, each missing 10 of 50 messages",
  figures: [
    { key: "seconds", label: "until all had caught up", unit: "s", compared: true },
    { key: "perSecond", label: "devices", unit: "/s", compared: true },
    { key: "cpu", label: "CPU of the server per device", unit: "µs", compared: true },
    { key: "storeCpu", label: "CPU of Redis per device", unit: "µs", compared: true },
    { key: "waitP50", label: "a device, median", unit: "ms", compared: true },
    { key: "waitP99", label: "a device, 99 %", unit: "ms", compared: true },
    { key: "full", label: "devices that were given everything anew", unit: "", compared: false },
  ],
  opponents: ["usual"],
  run: ({ running, options, say }) =>
    withGenerator(async (generator) => {
      const connections = options.sizes.connections ?? (options.short ? 50 : 5_000)
      const devices = options.sizes.devices ?? DEVICES
      const params: StormParams = {
        address: running.address,
        run: randomBytes(3).toString("hex"),
        rooms: Math.ceil(connections / devices),
        devices,
        before: options.short ? 5 : 40,
        missed: 10,
        characters: options.sizes.characters ?? 200,
        atOnce: AT_ONCE,
      }
      await generator.prepare("storm", params)
      say("the histories are written, everybody comes and goes")
      await generator.call("settle")
      say("what they miss is written")
      await generator.call("write")
      say("everybody comes back")
      const span = new Span({
        server: running.pids,
        store: running.storePids,
        ours: [generator.pid, process.pid],
      })
      // The boundary: the job's own result.
      const back = (await generator.call("comeBack")) as Return
      const used = span.used()
      const waits = Histogram.joined([back.waits])
      const per = (group: string): number => ((used.cpu[group] ?? 0) * 1e6) / back.devices
      say(`all back after ${back.seconds.toFixed(1)} s`)
      return {
        figures: {
          seconds: back.seconds,
          perSecond: back.devices / back.seconds,
          cpu: per("server"),
          storeCpu: per("store"),
          waitP50: waits.quantile(0.5),
          waitP99: waits.quantile(0.99),
          full: back.full,
        },
        verdict: back.verdict,
        plots: [],
        foreignCores: used.foreignCores,
      }
    }),
}
