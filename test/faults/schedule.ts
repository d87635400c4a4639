/** What shall happen, from a seed: who does what and what breaks, and when. A schedule is data, so it can be kept and cut. */
import { type Chance, range, seeded } from "../acceptance/random.ts"

export const ACTS = ["say", "burst", "signIn", "logOut", "leave", "comeBack", "read", "answer"] as const
export type ActKind = (typeof ACTS)[number]

export interface Act {
  /** Milliseconds after the beginning. */
  readonly at: number
  readonly act: ActKind
  readonly person: number
  /** Which of the person's devices; for `answer`, which desk. */
  readonly device: number
}

export interface Fault {
  readonly at: number
  /** One of the deployment's faults. */
  readonly fault: string
  /** Which node, proxy, shard: counted round. */
  readonly which: number
  /** For how long it lasts, in milliseconds. */
  readonly lasts: number
}

export interface Schedule {
  readonly seed: number
  readonly deployment: string
  /** For each person, how many devices; some begin as visitors, some signed in. */
  readonly devices: readonly number[]
  readonly desks: number
  readonly acts: readonly Act[]
  readonly faults: readonly Fault[]
}

export interface Wish {
  readonly deployment: string
  readonly seed: number
  readonly people: number
  readonly desks: number
  readonly acts: number
  /** Over which the acts are spread. */
  readonly duration: number
  /** Names of faults to choose from, and how many. */
  readonly faults: readonly string[]
  readonly faultCount: number
}

/** Of a hundred acts. */
const SHARES: readonly (readonly [ActKind, number])[] = [
  ["say", 55],
  ["burst", 5],
  ["answer", 15],
  ["signIn", 10],
  ["logOut", 3],
  ["leave", 5],
  ["comeBack", 5],
  ["read", 2],
]
const BAG = SHARES.flatMap(([act, share]) => range(share).map(() => act))
const SHORTEST_MS = 200
const LONGEST_MS = 1_500

export function makeSchedule(wish: Wish): Schedule {
  const chance = seeded(wish.seed)
  const devices = range(wish.people).map(() => 2 + chance.below(2))
  return {
    seed: wish.seed,
    deployment: wish.deployment,
    devices,
    desks: wish.desks,
    acts: inTime(range(wish.acts).map(() => anAct(chance, devices, wish))),
    faults: faultsOf(chance, wish),
  }
}

function anAct(chance: Chance, devices: readonly number[], { duration, desks }: Wish): Act {
  const act = chance.pick(BAG)
  const person = chance.below(devices.length)
  const device = chance.below(act === "answer" ? Math.max(1, desks) : (devices[person] ?? 1))
  return { at: chance.below(duration), act, person, device }
}

/** Every kind once, in a random order, before any comes again. */
function faultsOf(chance: Chance, { faults, faultCount, duration }: Wish): Fault[] {
  const kinds: string[] = []
  while (kinds.length < faultCount && faults.length > 0) kinds.push(...shuffled(chance, faults))
  return inTime(
    kinds.slice(0, faultCount).map((fault, turn) => ({
      at: Math.floor(((turn + 0.5) * duration) / faultCount),
      fault,
      which: chance.below(64),
      lasts: SHORTEST_MS + chance.below(LONGEST_MS - SHORTEST_MS),
    })),
  )
}

function shuffled<T>(chance: Chance, items: readonly T[]): T[] {
  const left = [...items]
  return items.flatMap(() => left.splice(chance.below(left.length), 1))
}

const inTime = <T extends { at: number }>(items: readonly T[]): T[] => items.toSorted((a, b) => a.at - b.at)
