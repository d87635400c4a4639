/** A change as `commit.lua` takes it, and its reply as the contract gives it. */
import { randomFillSync } from "node:crypto"
import {
  type Change,
  type CommitId,
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
import { onceField, resendKeys, spreadOf, versionKey } from "./key-names.ts"
import type { PackWriter } from "./msgpack.ts"
import { addressOf, plainHeader, pointedLog, pointerHeader } from "./stream-entry.ts"

const VERSION_DIGITS = 16
const DAY_SECONDS = 86_400
/** Longer than the retries of retrying-client.ts take. */
const RESEND_SECONDS = 10
const SHARDS = 64
const NONCE = 6
/** Values of an append, as the script takes them. */
const OF_APPEND = 8
const EMPTIED = "Redis holds nothing any more of what was in this partition: it has been emptied."
/** No expectation. */
const ANY = -1
/** A number that no head ever has. */
const NEVER = Number.MAX_SAFE_INTEGER

/** The keys of a batch; the script numbers them from 1. */
export class KeyTable {
  readonly keys: string[] = []
  readonly #index = new Map<string, number>()
  /** By the identity of the list, which `commit-names.ts` remembers for each scope: the keys of one user's ids come once. */
  readonly #runs = new Map<readonly string[], number>()

  /** Always the same number for a key, by which the script remembers what it knows of it. */
  of(key: string): number {
    const known = this.#index.get(key)
    if (known) return known
    const index = this.keys.push(key)
    this.#index.set(key, index)
    return index
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

/** What encoding a commit needs from its process. */
export interface CommitParts {
  readonly hand: InHand
  readonly names: (partition: PartitionName) => CommitNames
}

/** By what the script recognizes a commit that is sent again. */
export interface CommitIdentity {
  /** Tells a repeated sending of this commit from another caller's commit with the same id. */
  readonly nonce: string
  readonly keys: readonly string[]
  /** For how long each of the keys is written to, before the next one takes its turn. */
  readonly seconds: number
  readonly field: Buffer
}

/** Every commit gets an id, also one whose caller gave none, because a lost one is sent again. */
export function identityOf(partition: PartitionName, { id }: Change, { names }: CommitParts): CommitIdentity {
  const nonce = nonceOf()
  if (id) return { nonce, ...hashesOf(id, names(partition)), seconds: DAY_SECONDS }
  // A random one, known for as long as the retries take.
  const random = randomFillSync(Buffer.allocUnsafe(12))
  const keys = resendKeys(partition, (random[11] ?? 0) % SHARDS)
  return { nonce, keys, seconds: RESEND_SECONDS, field: random.subarray(0, 11) }
}

/** Where the answer to a commit is kept: in one of these hashes, under this field. */
function hashesOf(id: CommitId, names: CommitNames): Pick<CommitIdentity, "keys" | "field"> {
  const field = onceField(id)
  return { keys: names.once(id.scope, spreadOf(field)), field }
}

/**
 * [S6] Entries get new tags each time a commit is encoded. After a fail-over that lost its first sending, the repeated one is
 * stored anew, and followers must see that these are other entries.
 */
export function encode(
  partition: PartitionName,
  change: Change,
  identity: CommitIdentity,
  keys: KeyTable,
  out: PackWriter,
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
  encodeOnce(identity, change, keys, out)
  if (after) {
    const { keys: hashes, field } = hashesOf(after, names)
    out.number(keys.adjacent(hashes)).bytes(field)
  } else out.number(0).text("")
  out.number(founded ? keys.of(versionKey(partition)) : 0)
  out.number(expect.length * 2)
  for (const [key, version] of expect) {
    out.number(keys.of(names.record(key))).text(version === 0 ? "" : String(version))
  }
  out.number(heads.length * 4)
  for (const { log, n, below, tag } of heads) {
    out
      .number(keys.of(names.log(log)))
      // The script takes a negative number for no condition; a caller's negative number never holds.
      .number(n === undefined ? ANY : n < 0 ? NEVER : n)
      .number(below === undefined ? ANY : Math.max(0, below))
      .text(tag ?? "")
  }
  out.number(put.length && 1 + put.length * 2)
  if (put.length) out.number(keys.of(versionKey(partition)))
  for (const [key, value] of put) out.number(keys.of(names.record(key))).bytes(value)
  out.number(remove.length)
  for (const key of remove) out.number(keys.of(names.record(key)))
  out.number(append.length * OF_APPEND)
  for (const one of append) encodeAppend(one, append, names, keys, out, parts.hand)
  out.number(rank.length * 3)
  for (const [ranking, member, score] of rank) {
    out
      .number(keys.of(names.ranking(ranking)))
      .text(member)
      .text(String(score))
  }
  out.number(known.length * 4)
  for (const { id, at, n, answer } of known) {
    const { keys: hashes, field } = hashesOf(id, names)
    out
      .number(keys.adjacent(hashes))
      .number(DAY_SECONDS)
      .bytes(field)
      .text(`${nonceOf()}${at} ${n.join(",")} ${answer}`)
  }
  out.number(expire.length * 2)
  for (const one of expire) {
    const key = "key" in one ? names.record(one.key) : names.log(one.log)
    out.number(keys.of(key)).number(one.seconds)
  }
}

function encodeOnce(once: CommitIdentity, { answer = "" }: Change, keys: KeyTable, out: PackWriter): void {
  const { nonce, seconds, field } = once
  out.number(keys.adjacent(once.keys)).number(seconds).bytes(field).text(nonce).text(answer)
}

const nonceOf = (): string => randomTag().slice(0, NONCE)

function encodeAppend(
  { log, value, of, floor = 0, at = 0, announce, keep, inHand }: EncodedAppend,
  all: readonly EncodedAppend[],
  names: CommitNames,
  keys: KeyTable,
  out: PackWriter,
  hand: InHand,
): void {
  const target = of === undefined ? undefined : all[of]?.log
  const tag = randomTag()
  if (announce && inHand !== undefined) hand.keep(names.log(log), tag, inHand)
  out.number(keys.of(names.log(log)))
  if (target === undefined) out.bytes(value, plainHeader(tag)).text("")
  else out.text(pointerHeader(tag)).bytes(value, pointedLog(target))
  out
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

/** Redis' messages for a script that lacks a right or memory, in its various versions. */
const REFUSED_IN_SCRIPT =
  /can't run this command|no permissions|ACL failure|^(OOM|MISCONF|NOPERM|WRONGTYPE)\b/

/** Throws what the script said where the change itself failed. */
export function parseReply(reply: unknown, change: Change, nonce: string): Committed | Repeated | Conflict {
  if (Buffer.isBuffer(reply)) {
    const kept = parseKept(reply)
    if (kept.nonce !== nonce) return kept.first
    return { kind: "committed", at: kept.first.at, n: kept.first.n }
  }
  if (!Array.isArray(reply)) throw new Error("The script gave no reply to a change.")
  const [records, heads, others]: unknown[] = reply
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
    others: (Array.isArray(others) ? others : []).map((kept) =>
      Buffer.isBuffer(kept) ? parseKept(kept).first : undefined,
    ),
  }
}
