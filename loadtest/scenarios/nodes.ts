/** As fast as it goes, with more and more processes of the hub on one Redis: what does another core bring? */
import { sum, type Verdict } from "../check/verdict.ts"
import { hub } from "../targets/hub-target.ts"
import { loadRooms } from "./rooms-load.ts"
import { type Figure, type Line, oneNodeOnly, type Scenario, type Stage } from "./scenario.ts"

const PROCESSES = [1, 2, 4]
const AXIS = "processes of the hub on one Redis"

const PARTS = [
  { key: "perSecond", label: "stored messages", unit: "/s" },
  { key: "cpu", label: "CPU of the hub per message", unit: "µs" },
  { key: "storeCpu", label: "CPU of Redis per message", unit: "µs" },
  { key: "cores", label: "cores that the hub kept busy", unit: "" },
] as const

const figures: readonly Figure[] = PARTS.flatMap(({ key, label, unit }) =>
  PROCESSES.map((count) => ({
    key: `${key}${count}`,
    label: `${label}, ${count} ${count === 1 ? "process" : "processes"}`,
    unit,
    compared: false,
  })),
)

type Course = Readonly<Record<string, number>>

async function saturate(stage: Stage, nodes: number) {
  const { short, seconds } = stage.options
  const running = await hub({ store: "redis", nodes }).start()
  try {
    return await loadRooms(
      { ...stage, running },
      {
        rooms: short ? 10 : 100,
        devices: 3,
        senders: 3,
        window: 1,
        characters: 200,
        consoles: 1,
        warmSeconds: short ? 0.5 : 3,
        seconds,
        generators: 1,
      },
    )
  } finally {
    await running.stop()
  }
}

export const nodes: Scenario = {
  name: "nodes",
  summary: "saturation on one, two and four processes of the hub, all on one Redis: what another core brings",
  figures,
  opponents: [],
  async run(stage) {
    const leftOut = oneNodeOnly(stage)
    if (leftOut) return leftOut
    const courses: Course[] = []
    const verdicts: Verdict[] = []
    let foreignCores = 0
    for (const count of PROCESSES) {
      stage.say(`${count} on one Redis`)
      const outcome = await saturate(stage, count)
      courses.push(outcome.figures)
      verdicts.push(outcome.verdict)
      foreignCores = Math.max(foreignCores, outcome.foreignCores)
    }
    const line = (key: string): Line =>
      courses.map((course, index): [number, number] => [PROCESSES[index] ?? 0, course[key] ?? 0])
    return {
      figures: Object.fromEntries(
        PARTS.flatMap(({ key }) => line(key).map(([count, value]) => [`${key}${count}`, value])),
      ),
      verdict: sum(verdicts),
      plots: [
        {
          title: "Stored messages a second by processes",
          unit: "/s",
          lines: { hub: line("perSecond") },
          steps: { name: "rate", axis: AXIS },
        },
        {
          title: "CPU per message at saturation by processes",
          unit: "µs",
          lines: { hub: line("cpu"), Redis: line("storeCpu") },
          steps: { name: "cost", axis: AXIS },
        },
      ],
      foreignCores,
    }
  },
}
