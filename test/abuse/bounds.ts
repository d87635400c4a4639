/** What an attacker may do to the others, and what they may cost (the rule of thumb of the road of a packet). */
import type { Felt } from "./bystanders.ts"
import type { Deeds } from "./mob.ts"

export interface Outcome {
  readonly flood: string
  readonly connections: number
  readonly calm: Felt
  readonly under: Felt
  readonly core: {
    /** Share of a core in the first two seconds, and from then on, beyond what the calm hub takes. */
    readonly first: number
    readonly later: number
    /** Whether the flood was long enough to speak of a later. */
    readonly judged: boolean
    /**
     * Of a crowd that took more than one connection may: what a bare server takes later on to accept as many connections, to
     * read a piece of each and to close it.
     */
    readonly bare?: number
  }
  readonly memory: {
    /** Bytes that are alive while the attackers are there, beyond what was alive before. */
    readonly held: number
    /** The most that the process grew meanwhile. */
    readonly peak: number
  }
  readonly deeds: Deeds
  /** Frames of a counted flood that were never sent. */
  readonly missing: number
  /** The hub is still the process that it was, and answers. */
  readonly alive: boolean
}

/** A place may use what it has saved up, and has used it by then. */
export const BURST_MS = 2_000
const LATENCY = { factor: 2, plusMs: 50 } as const
export const LIVE_MS = 500
/** Of a core, the store's included: what one connection may go on taking. */
const CORE_SHARE = 0.1
/** What many from one place may take together: an office stands behind an address, too, and must get in. */
const CROWD_SHARE = 0.2
const BYTES_EACH = 2 * 1024 * 1024
/** What the bystanders themselves leave on the heap meanwhile: what they wrote, and what was compiled. */
const NOISE_BYTES = 6 * 1024 * 1024
/**
 * Frames a second that one console can be shown, the bystanders' own sends (two events each) included. A burst is more: two
 * hundred people of one office may all write their first message, and each of them is a few events.
 */
const RECEIVED_PER_SECOND = { first: 600, later: 150 } as const

const round = (value: number): number => Math.round(value * 100) / 100

/** Opening connections is not in the hub's hands: what Node itself takes to accept and close those of a crowd comes on top. */
const mayTake = ({ connections, core }: Pick<Outcome, "connections" | "core">): number =>
  connections > 1 ? CROWD_SHARE + (core.bare ?? 0) : CORE_SHARE

/** Whether a bare server has to say how much of it was opening connections. */
export const tookMore = ({ connections, core }: Pick<Outcome, "connections" | "core">): boolean =>
  core.judged && connections > 1 && core.later > CROWD_SHARE

/** Every bound that the outcome breaks, a sentence each. */
export function breaches(outcome: Outcome): string[] {
  const { flood, connections, calm, under, core, memory, deeds, missing, alive } = outcome
  const bound = LATENCY.factor * calm.median + LATENCY.plusMs
  const mayHold = connections * BYTES_EACH + NOISE_BYTES
  const broken: [boolean, string][] = [
    [!alive, "the hub died or froze"],
    [under.median > bound, `the others' median send took ${round(under.median)} ms, at most ${round(bound)}`],
    [under.unanswered > 0, `${under.unanswered} sends of the others were never answered`],
    [under.live > LIVE_MS, `/health/live took ${round(under.live)} ms, at most ${LIVE_MS}`],
    [
      core.judged && core.later > mayTake(outcome),
      `it goes on taking ${round(core.later)} of a core, at most ${round(mayTake(outcome))}`,
    ],
    [!(memory.held <= mayHold), `it holds ${megabytes(memory.held)} MB, at most ${megabytes(mayHold)}`],
    [deeds.internal > 0, `${deeds.internal} answers were \`internal\``],
    [missing > 0, `${missing} frames were never sent`],
    [
      under.received.first > RECEIVED_PER_SECOND.first,
      `a console receives ${round(under.received.first)} frames a second at first`,
    ],
    [
      under.received.later > RECEIVED_PER_SECOND.later,
      `a console goes on receiving ${round(under.received.later)} frames a second`,
    ],
  ]
  return broken.filter(([is]) => is).map(([, what]) => `${flood}: ${what}`)
}

export const megabytes = (bytes: number): number => round(bytes / 1024 / 1024)
