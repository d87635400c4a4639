/** A change as `commit.lua` takes it, and its reply as the contract gives it. */
import { randomFillSync } from "node:crypto"
import {
  type Change,
  type Committed,
  type Conflict,
  type EncodedAppend,
  type Head,
  type PartitionName,
  type Repeated,
  type StoredRecord,
  StoreUnavailable,
} from "../contract.ts"
import { randomTag } from "../tag.ts"
import type { CommitNames } from "./commit-names.ts"
import type { InHand } from "./in-hand.ts"
import { onceField, resendKeys, versionKey } from "./key-names.ts"
import type { Writer } from "./msgpack.ts"
import { addressOf, plainHeader, pointerHeader } from "./stream-entry.ts"

const VERSION_DIGITS = 16
const DAY = 86_400
/** Seconds; longer than the retries of retrying-client.ts take. */
const RESEND_COMMANDS = 10
const SHARDS = 64
const NONCE = 6
const EMPTIED = "Redis holds nothing any more of what was in this partition: it has been emptied."
/** No expectation. */
const ANY = -1
/** A number that no head ever has. */
const NEVER = Number.MAX_SAFE_INTEGER

/** The keys of a batch; the script numbers them from 1. */
export class KeyTable {
  readonly keys: string[] = []
  readonly #index = new Map<string, number>()
  /** By the very list: one user's are named by each of their commits. */
  readonly #runs = new Map<readonly string[], number>()

  /** Logs and channels: the script keeps what it knows of them by their numbers, so each has one. */
  of(key: string): number {
    const known = this.#index.get(key)
    if (known) return known
    const index = this.keys.push(key)
    this.#index.set(key, index)
    return index
  }

  /** Keys that hardly ever come twice in a batch, and may: to look them up would cost more. */
  add(key: string): number {
    return this.keys.push(key)
  }

  /** @returns the number of the first; the others follow it */
  adjacent(keys: readonly string[]): number {
    const known = this.#runs.get(keys)
    if (known) return known
    const first = this.keys.push(...keys) - keys.length + 1
    this.#runs.set(keys, first)
    return first
  }
}

/** What an encoded commit knows of its process. */
export interface CommitParts {
  readonly hand: InHand
  readonly names: (partition: PartitionName) => CommitNames
}

/** What a commit is known by when it is sent again. */
export interface Identity {
  /** Tells its own first try from another caller's commit with the same id. */
  readonly nonce: string
  readonly keys: readonly string[]
  /** How long each of the keys is written. */
  readonly seconds: number
  readonly field: Buffer
}

/** Every commit has an id, also one whose caller gave none: it may be sent twice. */
export function identityOf(partition: PartitionName, { id }: Change, { names }: CommitParts): Identity {
  const nonce = nonceOf()
  if (id) return { nonce, keys: names(partition).once(id.scope), seconds: DAY, field: onceField(id) }
  // A random one, known for as long as the retries take.
  const random = randomFillSync(Buffer.allocUnsafe(12))
  const keys = resendKeys(partition, (random[11] ?? 0) % SHARDS)
  return { nonce, keys, seconds: RESEND_COMMANDS, field: random.subarray(0, 11) }
}

/**
 * [S6] Its entries get new tags each time it is encoded: a commit that is sent again after a fail-over may be stored a
 * second time, where the store lost the first, and followers must see that it is another entry.
 */
export function encode(
  partition: PartitionName,
  change: Change,
  identity: Identity,
  keys: KeyTable,
  out: Writer,
  parts: CommitParts,
): void {
  const {
    expect = [],
    heads = [],
    put = [],
    remove = [],
    append = [],
    rank = [],
    founded,
    known = [],
    expire = [],
    after,
  } = change
  const names = parts.names(partition)
  out.array(11)
  encodeOnce(identity, change, keys, out)
  out.array(expect.length * 2)
  for (const [key, version] of expect) {
    out.number(keys.add(names.record(key))).text(version === 0 ? "" : String(version))
  }
  out.array(heads.length * 4)
  for (const { log, n, below, tag } of heads) {
    out
      .number(keys.of(names.log(log)))
      // The script takes a negative number for no condition; a caller's negative number never holds.
      .number(n === undefined ? ANY : n < 0 ? NEVER : n)
      .number(below === undefined ? ANY : Math.max(0, below))
      .text(tag ?? "")
  }
  out.array(put.length && 1 + put.length * 2)
  if (put.length) out.number(keys.of(versionKey(partition)))
  for (const [key, value] of put) out.number(keys.add(names.record(key))).bytes(value)
  out.array(remove.length)
  for (const key of remove) out.number(keys.add(names.record(key)))
  out.array(append.length)
  for (const one of append) encodeAppend(one, append, names, keys, out, parts.hand)
  out.array(rank.length * 3)
  for (const [ranking, member, score] of rank) {
    out
      .number(keys.of(names.ranking(ranking)))
      .text(member)
      .text(String(score))
  }
  out.number(founded ? keys.of(versionKey(partition)) : 0)
  out.array(known.length * 4)
  for (const { id, at, n, answer } of known) {
    const first = keys.adjacent(names.once(id.scope))
    out
      .number(first)
      .number(DAY)
      .bytes(onceField(id))
      .text(`${nonceOf()}${at} ${n.join(",")} ${answer}`)
  }
  out.array(expire.length * 2)
  for (const one of expire) {
    const key = "key" in one ? names.record(one.key) : names.log(one.log)
    out.number(keys.of(key)).number(one.seconds)
  }
  out.array(after ? 2 : 0)
  if (after) out.number(keys.adjacent(names.once(after.scope))).bytes(onceField(after))
}

function encodeOnce(once: Identity, { answer = "" }: Change, keys: KeyTable, out: Writer): void {
  const { nonce, seconds, field } = once
  out.array(5).number(keys.adjacent(once.keys)).number(seconds).bytes(field).text(nonce).text(answer)
}

const nonceOf = (): string => randomTag().slice(0, NONCE)

function encodeAppend(
  { log, value, of, floor = 0, at = 0, announce, keep, inHand }: EncodedAppend,
  all: readonly EncodedAppend[],
  names: CommitNames,
  keys: KeyTable,
  out: Writer,
  hand: InHand,
): void {
  const target = of === undefined ? undefined : all[of]?.log
  const tag = randomTag()
  if (announce && inHand !== undefined) hand.keep(names.log(log), tag, inHand)
  out
    .array(7)
    .number(keys.of(names.log(log)))
    .bytes(value, target === undefined ? plainHeader(tag) : pointerHeader(tag, target))
    .number(of === undefined ? 0 : of + 1)
    .number(floor)
    // [S12] Trimming to nothing would forget the head; the script trims whole blocks only, never too much.
    .number(keep === undefined ? 0 : Math.max(1, keep))
    .number(announce ? keys.of(names.channel) : 0)
    .number(at)
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
  return { tag, ...addressOf(id) }
}

/** What Redis says to a script that may not do something, in the words of its versions: rights that were taken away. */
const REFUSED_IN_SCRIPT = /can't run this command|no permissions|ACL failure|^(OOM|MISCONF|NOPERM)\b/

/** Throws what the script said where the change itself failed. */
export function parseReply(reply: unknown, change: Change, nonce: string): Committed | Repeated | Conflict {
  if (Buffer.isBuffer(reply)) {
    const kept = parseKept(reply)
    if (kept.nonce !== nonce) return kept.first
    return { kind: "committed", at: kept.first.at, n: kept.first.n }
  }
  if (!Array.isArray(reply)) throw new Error("The script gave no reply to a change.")
  const [records, heads]: unknown[] = reply
  if (Buffer.isBuffer(records) && Buffer.isBuffer(heads)) {
    const { at, n } = parseKept(records).first
    return { kind: "committed", at, n, version: Number(heads.toString("latin1")) }
  }
  if (String(records) === "EMPTIED") throw new StoreUnavailable(EMPTIED)
  if (!Array.isArray(records) || !Array.isArray(heads)) {
    const said = String(records)
    throw REFUSED_IN_SCRIPT.test(said) ? new StoreUnavailable(`Redis refuses: ${said}`) : new Error(said)
  }
  return {
    kind: "conflict",
    records: new Map((change.expect ?? []).map(([key], i) => [key, parseRecord(records[i])])),
    heads: new Map((change.heads ?? []).map(({ log }, i) => [log, parseHead(heads[i])])),
  }
}
