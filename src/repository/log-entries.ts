/** Entries of logs: a change set's payloads as the store takes them, and the store's entries with their types back. */
import type { Append } from "../domain/change-set.ts"
import type { AgentPayload, FeedPayload, LogPayload } from "../domain/log-payloads.ts"
import type { Address } from "../domain/position.ts"
import { memoized } from "../lib/memoized.ts"
import type { EncodedAppend, Entry } from "../store/contract.ts"
import { agentPayload, controlPayload, feedPayload, logPayload } from "./codec.ts"

/** Feeds keep more than 1,000 events (docs/protocol.md 3.3). */
const FEED_KEEP_ENTRIES = 1100
const AGENTS_KEEP_ENTRIES = 10_000
const CONTROL_KEEP_ENTRIES = 1000

export const messageLog = memoized((log) => `m:${log}`)
export const feedLog = memoized((userId) => `f:${userId}`)
export const CONTROL = "control"
export const AGENTS = "agents"

/** An entry of a message log, decoded when its payload is first read: much of what is read does not fit into a frame. */
export class MessageEntry implements Address {
  readonly at: number
  readonly n: number
  readonly tag: string | undefined
  readonly #value: Uint8Array
  #payload: LogPayload | undefined

  constructor(
    { at, n, tag }: Address & { readonly tag?: string | undefined },
    value: Uint8Array,
    payload?: LogPayload,
  ) {
    this.at = at
    this.n = n
    this.tag = tag
    this.#value = value
    this.#payload = payload
  }

  /** Size as stored: a lower bound of its size as JSON, near enough for budgets. */
  get bytes(): number {
    return this.#value.byteLength
  }

  get payload(): LogPayload {
    this.#payload ??= logPayload.decode(this.#value)
    return this.#payload
  }
}

export class PointedMessage extends MessageEntry {
  readonly log: string

  constructor(log: string, address: Address, value: Uint8Array, payload: LogPayload | undefined) {
    super(address, value, payload)
    this.log = log
  }
}

/** A feed entry; one that points to a message brings it. */
export interface FeedEntry extends Address {
  readonly tag: string
  readonly payload: FeedPayload
  readonly message?: PointedMessage | undefined
}

/** An entry of the agents' feed of a partition. */
export interface AgentEntry extends Address {
  readonly tag: string
  readonly payload: AgentPayload
  readonly message?: FeedEntry["message"]
}

/** Handed to the store with an entry and given back to followers in this process, so that it is not decoded again. */
interface InHand {
  readonly payload: FeedPayload | AgentPayload
  /** The payload of the message that the entry points to. */
  readonly message?: LogPayload | undefined
}

export function encodeAppend(item: Append, _: number, all: readonly Append[]): EncodedAppend {
  switch (item.to) {
    case "messages":
      return {
        log: messageLog(item.log),
        value: logPayload.encode(item.payload),
        floor: item.floor,
        at: item.at,
      }
    case "feed":
      return {
        log: feedLog(item.userId),
        value: feedPayload.encode(item.payload),
        inHand: inHandOf(item, all),
        announce: true,
        keep: FEED_KEEP_ENTRIES,
        of: item.of,
      }
    case "agents":
      return {
        log: AGENTS,
        value: agentPayload.encode(item.payload),
        inHand: inHandOf(item, all),
        announce: true,
        keep: AGENTS_KEEP_ENTRIES,
        of: item.of,
      }
    case "control":
      return {
        log: CONTROL,
        value: controlPayload.encode(item.payload),
        announce: true,
        keep: CONTROL_KEEP_ENTRIES,
      }
  }
}

function inHandOf(item: Append & { to: "feed" | "agents" }, all: readonly Append[]): InHand {
  const target = item.of === undefined ? undefined : all[item.of]
  return { payload: item.payload, message: target?.to === "messages" ? target.payload : undefined }
}

export function feedEntry(entry: Entry): FeedEntry {
  const { at, n, tag, value, inHand } = entry
  // The boundary: what was handed over with an entry of a feed comes back with it.
  const handed = inHand as { readonly payload: FeedPayload; readonly message?: LogPayload } | undefined
  const payload = handed ? handed.payload : feedPayload.decode(value)
  return { at, n, tag, payload, message: pointed(entry, handed?.message) }
}

export function agentEntry(entry: Entry): AgentEntry {
  const { at, n, tag, value, inHand } = entry
  // The boundary: what was handed over with an entry of a feed comes back with it.
  const handed = inHand as { readonly payload: AgentPayload; readonly message?: LogPayload } | undefined
  const payload = handed ? handed.payload : agentPayload.decode(value)
  return { at, n, tag, payload, message: pointed(entry, handed?.message) }
}

/**
 * The last message that was pointed to. The user's feed and the agents' point to it one after the other, so it is
 * decoded once.
 */
let last: { readonly of: NonNullable<Entry["of"]>; readonly message: PointedMessage } | undefined

function pointed({ of }: Entry, payload: LogPayload | undefined): FeedEntry["message"] {
  if (!of) return undefined
  if (last?.of === of) return last.message
  const message = new PointedMessage(of.log.slice(messageLog("").length), of, of.value, payload)
  last = { of, message }
  return message
}
