/**
 * What a client's frames cost, in units of work of about 25 microseconds of a core. Every frame is charged before it
 * is read, and what turns out to be more is charged afterwards; a connection earns so much a second and may save up
 * some. One that spends more than it has is told to wait, and one that goes on is cut.
 */
/** Three units in a millisecond: 7.5 % of a core. */
const WORK_PER_SECOND = 3_000
/** Saved up by a connection that was quiet: 0.4 s of a core. */
export const WORK_SAVED = 16_000
/** Owed by a connection that goes on after it was told to wait; beyond, it is cut. */
const WORK_OWED = 8_000

export const WORK = {
  /** Any packet of the engine, a heartbeat too. */
  packet: 1,
  /** CONNECT: a namespace entered, credentials looked at, a history read. */
  connect: 60,
  /** A command that is refused before anything is done: reading it, and the answer. */
  refusal: 3,
  /** A send with `ifHead`: the newer messages are read for it. Charged before, and given back where the send is stored. */
  lookBack: 300,
  /** A value within a refused body: the check may report each. */
  part: 0.5,
  /** A command refused because its caller had been told to wait. */
  insistence: 8,
} as const

/** Bytes that are parsed as JSON for one unit. */
export const PARSED_BYTES = 1_600
/** Bytes below any packet: control frames, fragments, frames that never end. */
export const RAW_BYTES = 40
/** Bytes of an answer: what was read, decoded and encoded again. */
export const ANSWERED_BYTES = 1_024

/** What a command costs beyond its bytes; every one that is not named costs `OTHER_COMMAND`. */
const COMMAND_WORK: Readonly<Record<string, number>> = {
  "typing:start": 8,
  "typing:stop": 8,
  "message:list": 10,
  "conversation:list": 30,
  "conversation:read": 20,
  "conversation:create": 30,
  "profile:update": 30,
  "user:search": 30,
  "agent:list": 20,
  sync: 30,
  login: 30,
  logout: 40,
}
const OTHER_COMMAND = 10

export const workOf = (command: string): number => COMMAND_WORK[command] ?? OTHER_COMMAND

export interface WorkRate {
  readonly perSecond: number
  readonly saved: number
  /** No connection owes more than this. */
  readonly owed: number
}

/** By factor: every connection has one, and they are few. */
const rates = new Map<number, WorkRate>()

/** An app whose users may send so many times the usual lets them work as much more. */
export function workRate(factor: number): WorkRate {
  const known = rates.get(factor)
  if (known) return known
  const rate = {
    perSecond: WORK_PER_SECOND * factor,
    saved: WORK_SAVED * factor,
    owed: WORK_OWED * factor,
  }
  rates.set(factor, rate)
  return rate
}
