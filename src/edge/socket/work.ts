/**
 * Prices of a client's frames, in units of work of about 25 microseconds of a core. Every frame is charged before it is read,
 * and further work afterwards. A connection earns so many units a second and may save up some. One that has used up its
 * credit is told to wait, and one that goes on is cut.
 */
/** Earned by a connection: three units a millisecond, or 7.5 % of a core. */
const WORK_PER_SECOND = 3_000
/** Saved up by a connection that was quiet: 0.4 s of a core. */
export const WORK_SAVED = 16_000
/** Owed by a connection that goes on after it was told to wait; beyond, it is cut. */
const WORK_OWED = 8_000

export const WORK = {
  /** Any packet of the engine, a heartbeat too. */
  packet: 1,
  /** An upgrade to WebSocket, let in or not; its address alone pays, for there is no connection yet. */
  handshake: 40,
  /** Added for an upgrade whose client goes while it waits to be let in: the next one comes at once. */
  left: 40,
  /** A connection that is ended before it was read. */
  barred: 5,
  /** One that is ended for what it said over HTTP: it was opened, what waits to be read is thrown away, the next one comes. */
  cut: 100,
  /** A request that offers another protocol is taken apart twice. */
  reread: 30,
  /** CONNECT: a namespace entered, credentials looked at, a history read. */
  connect: 60,
  /** A command that is refused before anything is done: reading it, and the answer. */
  refusal: 3,
  /** A send that was stored and told, for its address; its user pays by the limits of the app. */
  stored: 10,
  /** A send with `ifHead`: the newer messages are read for it. Charged before, and given back where the send is stored. */
  lookBack: 300,
  /** Beside a CONNECT, for a user of before: their record, the end of their feed, their conversations. */
  history: 100,
  /** A conversation of a list or of a state: the ends of its logs are read. */
  listed: 4,
  /** A ticket of a list: its user, its conversation, its last message. */
  ticketListed: 6,
  /** A user who was found: their conversation and their ticket are looked up. */
  found: 16,
  /** An event that was missed, or that an agent reads again. */
  missed: 1,
  /** Two users became one; what they had is looked at, and both are told. */
  merge: 200,
  /** What a merge costs besides, which its address alone pays: the devices of one user may well sign in together. */
  mergeStored: 150,
  /** The first message of a visitor: their record, a conversation and a ticket are made, and agents are told. */
  newcomer: 70,
  /** A conversation of theirs, in the state that follows. */
  merged: 15,
  /** A value within a refused body: the check may report each. */
  part: 0.5,
  /** A command that is refused because its caller was told to wait before. */
  refusedWaiting: 8,
  /** Added for such a command if its address has no credit left, either. */
  refusedUnpaid: 90,
} as const

/** Bytes that are parsed as JSON for one unit. */
export const PARSED_BYTES = 1_600
/** Punctuation that begins a value or a field, for one unit: each makes an object in memory. */
const PARSED_SIGNS = 60
/** In a shorter text punctuation is not counted: parsing it costs less than is charged for its packet. */
const SHORT_TEXT = 1_024
/** Bytes without a complete packet (control frames, fragments, frames that never end), for one unit. */
export const RAW_BYTES = 40
/** A chunk of TCP data, however small. */
export const PIECE_WORK = 1
/** Bytes of an answer for one unit: they were read, decoded and encoded. */
export const ANSWERED_BYTES = 640
/**
 * Bytes of a full state for one unit: more is read for it than it holds (a whole frame of long messages from many conversations
 * takes some 60 ms).
 */
export const STATE_BYTES = 160
/** The highest price of a full state: a whole frame. */
export const WHOLE_STATE = (256 * 1024) / STATE_BYTES
/** Bytes of a packet that are decoded to text for one unit. */
export const READ_BYTES = 4_000

/** The price of parsing a text as JSON. Counting costs a fraction of parsing, so it is done before. */
export function parsingWork(text: string): number {
  const { length } = text
  const bytes = length / PARSED_BYTES
  if (length <= SHORT_TEXT) return bytes
  let signs = 0
  for (let at = 0; at < length; at += 1) {
    const sign = text.charCodeAt(at)
    if (sign === COMMA || sign === COLON || sign === BRACKET || sign === BRACE) signs += 1
  }
  return bytes + signs / PARSED_SIGNS
}
const [COMMA, COLON, BRACKET, BRACE] = [0x2c, 0x3a, 0x5b, 0x7b]

/**
 * Prices of commands in addition to their bytes; one that is not listed costs `OTHER_COMMAND`. A `Map` and not an object,
 * because clients choose the name, and every object has a field `constructor`.
 */
const COMMAND_WORK: ReadonlyMap<string, number> = new Map([
  ["typing:start", 8],
  ["typing:stop", 8],
  ["message:list", 10],
  ["conversation:list", 30],
  ["conversation:read", 20],
  ["conversation:create", 50],
  ["profile:update", 45],
  ["user:search", 30],
  ["agent:list", 20],
  ["sync", 30],
  ["login", 30],
  ["logout", 50],
  ["ticket:list", 30],
  ["ticket:get", 40],
  ["ticket:update", 50],
  ["user:get", 60],
  ["conversation:join", 200],
])
const OTHER_COMMAND = 10

export const workOf = (command: string): number => COMMAND_WORK.get(command) ?? OTHER_COMMAND

export interface WorkRate {
  readonly perSecond: number
  readonly saved: number
  /** No connection owes more than this. */
  readonly owed: number
}

/** By factor: every connection needs one, and there are few different ones. */
const rates = new Map<number, WorkRate>()

/** The rate for an app whose users may send `factor` times as much as usual: they may cause as many times the work. */
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
