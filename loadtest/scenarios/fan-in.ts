/**
 * Nodes that follow a partition and have none of those who write in it: what they pay for messages that are not theirs, and
 * for the presence of other nodes' users. It decides how many nodes one partition bears.
 */
import { Span } from "../bench/machine.ts"
import { sleep, withGenerator } from "../bench/workers.ts"
import { sum, type Verdict } from "../check/verdict.ts"
import type { Arrival, IdleParams } from "../generator/jobs/idle-job.ts"
import { hub } from "../targets/hub-target.ts"
import type { Running } from "../targets/target.ts"
import { loadRooms } from "./rooms-load.ts"
import { type Figure, type Line, type Outcome, oneNodeOnly, type Scenario, type Stage } from "./scenario.ts"

const LISTENERS = [0, 1, 3]
const AXIS = "nodes that follow the partition and have nobody of it who writes"
/** Longer than three beats of presence, 8 s apart. */
const STAY_SECONDS = 26
/** After this time a process has cleared away what the users' coming has left, which is no part of their staying. */
const SETTLE_SECONDS = 15
/** Linux counts processor time in steps of 10 ms. */
const IDLE_SECONDS = 10
const USERS = 5_000

const figures: readonly Figure[] = [
  ...LISTENERS.slice(1).map((count) => ({
    key: `listener${count}`,
    label: `CPU of each node that only follows, per message, ${count} of them`,
    unit: "µs",
    compared: false,
  })),
  ...LISTENERS.map((count) => ({
    key: `store${count}`,
    label: `CPU of Redis per message, ${count} nodes that only follow`,
    unit: "µs",
    compared: false,
  })),
  { key: "came", label: "CPU of a node for a user who comes to another", unit: "µs", compared: false },
  {
    key: "stayed",
    label: "CPU of a node for 1,000 users who are on another",
    unit: "ms/s",
    compared: false,
  },
  { key: "idle", label: "CPU of a node that has no user and no message", unit: "ms/s", compared: false },
]

interface Split {
  /** The node that is written to. */
  readonly first: Running
  readonly others: Running
}

function split(running: Running): Split {
  const part = (from: number, to?: number): Running => ({
    ...running,
    pids: running.pids.slice(from, to),
    address: { ...running.address, endpoints: running.address.endpoints.slice(from, to) },
  })
  return { first: part(0, 1), others: part(1) }
}

/** A person on every node that only follows, so that it follows. */
async function withFollowers<T>(
  stage: Stage,
  listeners: number,
  use: (split: Split, idleSeconds: number) => Promise<T>,
): Promise<T> {
  const running = await hub({ store: "redis", nodes: 1 + listeners }).start()
  try {
    const { first, others } = split(running)
    if (listeners === 0) return await use({ first, others }, 0)
    return await withGenerator(async (generator) => {
      const params: IdleParams = { address: others.address, signedIn: true, atOnce: 1 }
      await generator.prepare("idle", params)
      await generator.call("connect", listeners)
      await sleep(stage.options.short ? 0.2 : 1)
      const span = new Span({ others: others.pids })
      await sleep(stage.options.short ? 0.5 : IDLE_SECONDS)
      const { cpu, seconds } = span.used()
      return await use({ first, others }, (cpu.others ?? 0) / seconds / listeners)
    })
  } finally {
    await running.stop()
  }
}

function messages(stage: Stage, listeners: number): Promise<Outcome> {
  const { short, seconds } = stage.options
  return withFollowers(stage, listeners, async ({ first, others }, idle) => {
    const outcome = await loadRooms(
      { ...stage, running: first },
      {
        rooms: short ? 10 : 100,
        devices: 1,
        senders: 1,
        window: 2,
        characters: 200,
        consoles: 0,
        warmSeconds: short ? 0.3 : 3,
        seconds,
        generators: 1,
        listeners: others.pids,
      },
    )
    const { listenersCpu = 0, perSecond = 0 } = outcome.figures
    const each = listeners === 0 ? 0 : listenersCpu / listeners - (idle * 1e6) / perSecond
    return { ...outcome, figures: { ...outcome.figures, listener: each } }
  })
}

interface Presence {
  readonly came: number
  readonly stayed: number
  readonly idle: number
  readonly foreignCores: number
  readonly verdict: Verdict
}

/** Users come to one node and stay there; measured is another. */
function presence(stage: Stage): Promise<Presence> {
  const users = stage.options.short ? 100 : USERS
  return withFollowers(stage, 1, ({ first, others }, idle) =>
    withGenerator(async (generator) => {
      const params: IdleParams = { address: first.address, signedIn: false, atOnce: 100 }
      await generator.prepare("idle", params)
      const groups = {
        others: others.pids,
        first: [...first.pids, ...first.storePids],
        ours: [generator.pid, process.pid],
      }
      const coming = new Span(groups)
      // The boundary: the job's own result.
      const { connected } = (await generator.call("connect", users)) as Arrival
      const came = coming.used()
      await sleep(stage.options.short ? 0.2 : SETTLE_SECONDS)
      const staying = new Span(groups)
      await sleep(stage.options.short ? 1 : STAY_SECONDS)
      const stayed = staying.used()
      const verdict = (await generator.call("verdict")) as Verdict
      return {
        came: (((came.cpu.others ?? 0) - idle * came.seconds) * 1e6) / connected,
        stayed: (((stayed.cpu.others ?? 0) / stayed.seconds - idle) * 1e6) / connected,
        idle: idle * 1000,
        foreignCores: Math.max(came.foreignCores, stayed.foreignCores),
        verdict,
      }
    }),
  )
}

export const fanIn: Scenario = {
  name: "fan-in",
  summary: "what messages and users of other nodes cost a node that follows the same partition",
  figures,
  opponents: [],
  async run(stage) {
    const leftOut = oneNodeOnly(stage)
    if (leftOut) return leftOut
    const outcomes: Outcome[] = []
    for (const count of LISTENERS) {
      stage.say(`${count} nodes that only follow`)
      outcomes.push(await messages(stage, count))
    }
    stage.say("users come to another node, and stay")
    const { foreignCores, verdict, ...ofPresence } = await presence(stage)
    const line = (key: string, from = 0): Line =>
      outcomes
        .map(({ figures }, index): [number, number] => [LISTENERS[index] ?? 0, figures[key] ?? 0])
        .slice(from)
    return {
      figures: {
        ...Object.fromEntries(line("listener", 1).map(([count, value]) => [`listener${count}`, value])),
        ...Object.fromEntries(line("storeCpu").map(([count, value]) => [`store${count}`, value])),
        ...ofPresence,
      },
      verdict: sum([...outcomes.map((outcome) => outcome.verdict), verdict]),
      plots: [
        {
          title: "CPU per message by nodes that only follow",
          unit: "µs",
          lines: { "each such node": line("listener", 1), Redis: line("storeCpu") },
          steps: { name: "listeners", axis: AXIS },
        },
      ],
      foreignCores: Math.max(foreignCores, ...outcomes.map((outcome) => outcome.foreignCores)),
    }
  },
}
