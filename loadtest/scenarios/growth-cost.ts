/** What a message costs the hub and Redis: of rooms, or of one person, before and after something has grown. */
import { randomBytes } from "node:crypto"
import type { Generator } from "../bench/child.ts"
import { Span } from "../bench/machine.ts"
import { CLEAN, type Verdict } from "../check/verdict.ts"
import { hub } from "../targets/hub-target.ts"
import type { Running } from "../targets/target.ts"
import { type Load, loadRooms } from "./rooms-load.ts"
import type { Stage } from "./scenario.ts"

/** One point of a line: CPU per message, in µs, and what it was measured with. */
export interface Cost {
  readonly cpu: number
  /** Of Redis; 0 where there is none. */
  readonly storeCpu: number
  readonly verdict: Verdict
  readonly foreignCores: number
}

const SENDS = 1_000
const BASE: Omit<Load, "seconds" | "warmSeconds"> = {
  rooms: 30,
  devices: 2,
  senders: 1,
  window: 1,
  characters: 200,
  consoles: 0,
  perSecond: 200,
  generators: 1,
}

export async function cost(stage: Stage, running: Running, change: Partial<Load>): Promise<Cost> {
  const { short, seconds } = stage.options
  const load = { ...BASE, seconds: short ? 1 : seconds, warmSeconds: short ? 0.3 : 2, ...change }
  const { figures, verdict, foreignCores } = await loadRooms(
    { ...stage, running, say: () => undefined },
    load,
  )
  return { cpu: figures.cpu ?? 0, storeCpu: figures.storeCpu ?? 0, verdict, foreignCores }
}

/** On a fresh hub of its own. */
export async function fresh<T>(
  stage: Stage,
  use: (running: Running) => Promise<T>,
  nodes = 1,
  app?: object,
): Promise<T> {
  const { store } = stage.options
  const running = await hub({ store, nodes, ...(app && { app }) }).start()
  try {
    // Code that has just been started costs more: that must not be the first point of each line.
    const { perSecond: _, ...closed } = BASE
    const warm: Load = { ...closed, seconds: stage.options.short ? 0.2 : 4, warmSeconds: 0 }
    await loadRooms({ ...stage, running, say: () => undefined }, warm)
    return await use(running)
  } finally {
    await running.stop()
  }
}

/** Each value is a load of its own on one hub. */
export const byLoad =
  (change: (value: number) => Partial<Load>) =>
  (stage: Stage, values: readonly number[]): Promise<Cost[]> =>
    fresh(stage, async (running) => {
      const costs: Cost[] = []
      for (const value of values) costs.push(await cost(stage, running, change(value)))
      return costs
    })

/** One person's sends, after `grow` has brought them to each value. */
export async function bySends(
  { options }: Stage,
  running: Running,
  generator: Generator,
  values: readonly number[],
  grow: (to: number, from: number) => Promise<unknown>,
): Promise<Cost[]> {
  const count = options.short ? 100 : SENDS
  const costs: Cost[] = []
  let from = 0
  for (const value of values) {
    if (value > from) await grow(value, from)
    from = value
    const span = new Span({
      server: running.pids,
      store: running.storePids,
      ours: [generator.pid, process.pid],
    })
    await generator.call("sends", count)
    const { cpu, foreignCores } = span.used()
    const each = (seconds = 0): number => (seconds * 1e6) / count
    costs.push({ cpu: each(cpu.server), storeCpu: each(cpu.store), verdict: CLEAN, foreignCores })
  }
  return costs
}

export const newRun = (): string => randomBytes(3).toString("hex")
