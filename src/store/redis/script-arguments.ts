/** A change as `commit.lua` takes it, and its reply as the contract gives it. */
import { randomFillSync } from "node:crypto"
import type {
  Change,
  Committed,
  Conflict,
  EncodedAppend,
  Head,
  PartitionName,
  Repeated,
  StoredRecord,
} from "../contract.ts"
import {
  channelKey,
  logKey,
  onceField,
  onceKeys,
  rankingKey,
  recordKey,
  resendKeys,
  versionKey,
} from "./key-names.ts"
import type { Writer } from "./msgpack.ts"
import { addressOf, plainHeader, pointerHeader } from "./stream-entry.ts"

const VERSION_DIGITS = 16
const DAY = 86_400
/** Longer than any repeat of our own may take (link.ts). */
const RESEND = 10
const SHARDS = 64
const NONCE = 6
/** No expectation. */
const ANY = -1
/** [S14] */
const MAX_KEY = 512

/** The keys of a batch, each once; the script numbers them from 1. */
export class KeyTable {
  readonly keys: string[] = []
  readonly #index = new Map<string, number>()

  of(key: string): number {
    const known = this.#index.get(key)
    if (known) return known
    const index = this.keys.push(key)
    this.#index.set(key, index)
    return index
  }

  /** Keys that are only ever named together stay next to one another. */
  first(keys: readonly string[]): number {
    return Math.min(...keys.map((key) => this.of(key)))
  }
}

/** Refuses what the script could only fail on half-way ([S1]), and what other engines could not keep ([S14]). */
export function validate(change: Change): void {
  const { id, expect = [], heads = [], put = [], remove = [], append = [], rank = [] } = change
  if (id) checkKeys([id.scope, id.key])
  for (const [key] of expect) checkKeys([key])
  for (const { log } of heads) checkKeys([log])
  for (const [key] of put) checkKeys([key])
  checkKeys(remove)
  append.forEach(({ log, of }, index) => {
    checkKeys([log])
    if (of !== undefined && !(of >= 0 && of < index))
      throw new RangeError("An entry points to an earlier one.")
  })
  for (const [ranking, member, score] of rank) {
    checkKeys([ranking, member])
    if (Number.isNaN(score)) throw new RangeError(`The score of "${member}" is not a number.`)
  }
}

function checkKeys(keys: readonly string[]): void {
  for (const key of keys) {
    // At most three bytes a code unit: most keys need no counting.
    if (key.length * 3 > MAX_KEY && Buffer.byteLength(key) > MAX_KEY) {
      throw new RangeError(`"${key.slice(0, 20)}…" is longer than ${MAX_KEY} bytes.`)
    }
  }
}

/** Returns the nonce by which the commit knows its own first try from somebody else's. */
export function encode(partition: PartitionName, change: Change, keys: KeyTable, out: Writer): string {
  const { expect = [], heads = [], put = [], remove = [], append = [], rank = [] } = change
  out.array(7)
  const nonce = encodeOnce(partition, change, keys, out)
  out.array(expect.length * 2)
  for (const [key, version] of expect) {
    out.number(keys.of(recordKey(partition, key))).text(version === 0 ? "" : String(version))
  }
  out.array(heads.length * 3)
  for (const { log, n = ANY, below = ANY } of heads) {
    out
      .number(keys.of(logKey(partition, log)))
      .number(n)
      .number(below)
  }
  out.array(put.length && 1 + put.length * 2)
  if (put.length) out.number(keys.of(versionKey(partition)))
  for (const [key, value] of put) out.number(keys.of(recordKey(partition, key))).bytes(value)
  out.array(remove.length)
  for (const key of remove) out.number(keys.of(recordKey(partition, key)))
  out.array(append.length)
  for (const one of append) encodeAppend(partition, one, append, keys, out)
  out.array(rank.length * 3)
  for (const [ranking, member, score] of rank) {
    out
      .number(keys.of(rankingKey(partition, ranking)))
      .text(member)
      .text(String(score))
  }
  return nonce
}

/** Every commit has an id, also one whose caller gave none: it may be sent twice. */
function encodeOnce(
  partition: PartitionName,
  { id, answer = "" }: Change,
  keys: KeyTable,
  out: Writer,
): string {
  const random = randomFillSync(Buffer.allocUnsafe(18))
  const nonce = random.toString("base64url", 0, NONCE).slice(0, NONCE)
  const [names, seconds, field] = id
    ? [onceKeys(partition, id.scope), DAY, onceField(id)]
    : [resendKeys(partition, (random[17] ?? 0) % SHARDS), RESEND, random.subarray(6, 17)]
  out.array(5).number(keys.first(names)).number(seconds).bytes(field).text(nonce).text(answer)
  return nonce
}

function encodeAppend(
  partition: PartitionName,
  { log, value, of, floor = 0, announce, keep }: EncodedAppend,
  all: readonly EncodedAppend[],
  keys: KeyTable,
  out: Writer,
): void {
  const target = of === undefined ? undefined : all[of]?.log
  out
    .array(6)
    .number(keys.of(logKey(partition, log)))
    .bytes(target === undefined ? plainHeader() : pointerHeader(target), value)
    .number(of === undefined ? 0 : of + 1)
    .number(floor)
    // [S12] Trimming to nothing would forget the head; the script trims whole blocks only, never too much.
    .number(keep === undefined ? 0 : Math.max(1, keep))
    .number(announce ? keys.of(channelKey(partition, log)) : 0)
}

/** What is kept under an id: `<nonce><at> <n>,<n> <answer>`. */
export function parseKept(kept: Buffer): { readonly nonce: string; readonly first: Repeated } {
  const text = kept.toString("utf8")
  const afterAt = text.indexOf(" ", NONCE)
  const afterN = text.indexOf(" ", afterAt + 1)
  const n = text.slice(afterAt + 1, afterN)
  return {
    nonce: text.slice(0, NONCE),
    first: {
      kind: "repeated",
      at: Number(text.slice(NONCE, afterAt)),
      n: n === "" ? [] : n.split(",").map(Number),
      answer: text.slice(afterN + 1),
    },
  }
}

export function parseRecord(bytes: unknown): StoredRecord {
  if (!Buffer.isBuffer(bytes)) return { version: 0, value: undefined }
  return {
    version: Number(bytes.toString("latin1", 0, VERSION_DIGITS)),
    value: bytes.subarray(VERSION_DIGITS),
  }
}

function parseHead(bytes: unknown): Head {
  if (!Buffer.isBuffer(bytes)) return undefined
  const [id = "", tag = ""] = bytes.toString("latin1").split(" ")
  return { ...addressOf(id), tag }
}

/** Throws what the script said where the change itself failed. */
export function parseReply(reply: unknown, change: Change, nonce: string): Committed | Repeated | Conflict {
  if (Buffer.isBuffer(reply)) {
    const kept = parseKept(reply)
    if (kept.nonce !== nonce) return kept.first
    return { kind: "committed", at: kept.first.at, n: kept.first.n }
  }
  if (!Array.isArray(reply)) throw new Error("The script gave no reply to a change.")
  const [records, heads]: unknown[] = reply
  if (!Array.isArray(records) || !Array.isArray(heads)) throw new Error(String(records))
  return {
    kind: "conflict",
    records: new Map((change.expect ?? []).map(([key], i) => [key, parseRecord(records[i])])),
    heads: new Map((change.heads ?? []).map(({ log }, i) => [log, parseHead(heads[i])])),
  }
}
