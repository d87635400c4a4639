/**
 * Chapter 3: the store. It knows three things and nothing of the business: **records** (a small value with a
 * version), **logs** (append-only; the store gives each entry its address) and **rankings** (members ordered
 * by score). Every change is one atomic `commit`. Values are bytes; `repository/codec.ts` says what
 * they mean.
 *
 * A **partition** is the unit of atomicity: `app:n`. Nothing spans two of them.
 *
 * The rules, each proven for every engine by `test/store/contract-suite.ts` under its number:
 *
 * - [S1]  A commit is applied whole or not at all, also when the process dies inside it.
 * - [S2]  A commit is applied only if every expectation holds; else it answers `conflict`, changes nothing, and
 *         brings the expected records and heads as they are now.
 * - [S3]  An absent record has version 0. Every put gives its record a version it never had before, and the
 *         commit's answer tells it, unless it was lost on the way and the commit was sent again.
 * - [S4]  A commit whose id is known (same scope and key, for at least 24 hours) changes nothing and answers
 *         `repeated` with the address and answer of the first – also when its expectations no longer hold.
 *         Two concurrent commits with one id are applied once. Ids that a commit makes known beside its own (`known`) are
 *         answered alike from then on; where one is known already with another answer, the commit is a conflict, which
 *         brings that answer.
 * - [S5]  An entry's `at` is the store's clock in milliseconds, but never before the last entry of its log, nor before
 *         the append's `floor`; a copy keeps the time it is given. No node's clock matters, and no log's time moves
 *         another's: a log that was written while the clock was ahead is alone with it. A commit's `at` is that of its
 *         first append, else the clock's.
 * - [S6]  Entries of a log are dense: n = 1, 2, 3, … Each carries a random tag, so that a store which lost its
 *         tail and wrote on differs from one which did not: same n, other tag.
 * - [S7]  Reading gives entries in order of n, oldest first: those after an address, or the last ones before
 *         it. An entry that points (`of`) to another of its commit comes with that entry.
 * - [S8]  A ranking is read from the highest score down, ties by member from the highest down, from a given place on;
 *         its size is the number of its members. Several of a partition are read as one, and a member that two of them
 *         have with one score is in both or in none of a page.
 * - [S9]  `follow` delivers every announced entry committed after it resolved, once, in order, without holes,
 *         over lost connections too. An announcement is made by the very step that stores its entry.
 * - [S10] If the log no longer continues what a follower has seen (the store lost its tail), the follower is
 *         told `broken` and then follows on from the log's present head.
 * - [S11] An acknowledged commit survives the death of the process (SIGKILL).
 * - [S12] Trimming keeps at least the number of latest entries asked for, and never the numbering.
 * - [S13] When the store cannot be reached, every call rejects with `StoreUnavailable` within a few seconds. A commit
 *         so rejected may or may not have been applied: repeating it with the same id finds out.
 * - [S14] Keys, members and values are kept byte for byte, whatever they hold; keys and members are at most 512 bytes.
 * - [S15] A commit to a founded partition rejects with `StoreUnavailable` where the partition holds no record at all: a
 *         store that was emptied under a running hub must not go on as if it were new.
 * - [S16] `now` is the store's clock: what is dated by it is not later than what is committed after it, on whatever
 *         node, unless the store's own clock was set back.
 * - [S17] What a commit lets expire is there for so many seconds and goes some time afterwards: a record unless it was put
 *         again meanwhile, a log with all that was appended to it.
 * - [S18] A commit that names another (`after`) is applied only where that one's id is known, else it is a conflict: of two
 *         that are under way at once, the second is never stored without the first, nor before it.
 */
export type PartitionName = string
export type Key = string
export type LogKey = string
export type RankingKey = string

/** An entry's time and number. `at` never falls while `n` rises, so either orders a log. */
export interface Address {
  readonly at: number
  readonly n: number
}

export interface Entry extends Address {
  readonly tag: string
  readonly value: Uint8Array
  /** The entry of the same commit that this one points to. */
  readonly of?: ({ readonly log: LogKey; readonly value: Uint8Array } & Address) | undefined
  /** What this process handed to `commit` with the entry: a decoded form of it. Absent for entries of other processes. */
  readonly inHand?: unknown
}

/** A record: version 0 and no value where it is absent. */
export interface StoredRecord {
  readonly version: number
  readonly value: Uint8Array | undefined
}

/** The head of a log: its last entry. `undefined`: the log is empty. */
export type Head = (Address & { readonly tag: string }) | undefined

/**
 * Two commits with the same id are the same commit. The scope (a user's id) keeps the keys of one user together and
 * apart from others'.
 */
export interface CommitId {
  readonly scope: string
  readonly key: string
}

export interface EncodedAppend {
  readonly log: LogKey
  readonly value: Uint8Array
  /** Index of an earlier append of this change that this entry points to. */
  readonly of?: number | undefined
  /** Given to this process's own followers with the entry; never stored, so a follower must do without it too. */
  readonly inHand?: unknown
  /** The entry's `at` is not before this (milliseconds). */
  readonly floor?: number | undefined
  /** This is a copy of an entry of that time: its `at` is this, but never before the log's last. */
  readonly at?: number | undefined
  /** Tell the followers of this log. */
  readonly announce?: boolean
  /** Trim the log to about this many latest entries, never to fewer. */
  readonly keep?: number
}

export interface KnownAnswer extends Pick<Repeated, "at" | "n" | "answer"> {
  readonly id: CommitId
}

export type Expiring = ({ readonly key: Key } | { readonly log: LogKey }) & { readonly seconds: number }

export interface Change {
  readonly id?: CommitId | undefined
  /** A short text, kept with the id and given back when the commit is repeated. */
  readonly answer?: string | undefined
  /** [S4] Ids of earlier commits that this commit makes known, each with its answer. */
  readonly known?: readonly KnownAnswer[] | undefined
  /** [S18] The commit that must have been applied before. */
  readonly after?: CommitId | undefined
  /** [S15] The partition is known to hold records. */
  readonly founded?: boolean
  readonly expect?: readonly (readonly [key: Key, version: number])[]
  /** `n`: the log's head has exactly this number (0: empty). `below`: it has a smaller one. `tag`: it bears this one [S6]. */
  readonly heads?: readonly {
    readonly log: LogKey
    readonly n?: number | undefined
    readonly below?: number | undefined
    readonly tag?: string | undefined
  }[]
  readonly put?: readonly (readonly [key: Key, value: Uint8Array])[]
  readonly remove?: readonly Key[]
  readonly append?: readonly EncodedAppend[]
  /** [S17] Seconds after this commit. */
  readonly expire?: readonly Expiring[]
  /** `"now"`: the commit's `at`. `"out"`: the member leaves the ranking. */
  readonly rank?: readonly (readonly [ranking: RankingKey, member: string, score: number | "now" | "out"])[]
}

export interface Committed {
  readonly kind: "committed"
  readonly at: number
  /** The numbers of the appended entries, in the order of `append`. */
  readonly n: readonly number[]
  /** [S3] Of every record that it put; left out where it put none, and where the first answer was lost on the way. */
  readonly version?: number
}

export interface Repeated {
  readonly kind: "repeated"
  readonly at: number
  readonly n: readonly number[]
  readonly answer: string
}

export interface Conflict {
  readonly kind: "conflict"
  /** Every key of `expect`, as it is now. */
  readonly records: ReadonlyMap<Key, StoredRecord>
  /** Every log of `heads`, as it is now. */
  readonly heads: ReadonlyMap<LogKey, Head>
  /** [S4] For each of `known`: what its id is known with, where that is another answer. */
  readonly others: readonly (Repeated | undefined)[]
}

export interface Range {
  /** Entries with a larger address, oldest first. Without `after` and `before`: the latest `limit` entries. */
  readonly after?: Address
  /** The last `limit` entries with a smaller address, still given oldest first. */
  readonly before?: Address
  readonly limit: number
}

export interface Ranked {
  readonly member: string
  readonly score: number
}

/** A member of several rankings that are read together, with the ranking that it is in. */
export interface RankedIn extends Ranked {
  readonly ranking: RankingKey
}

export interface Follower {
  /** Called for each entry, in order. Must not throw; slow work belongs in a queue of the callee. */
  entry(entry: Entry): void
  /** [S10] The log no longer continues what this follower has seen. @param head from which it follows on */
  broken(head: Head): void
}

export interface Following {
  /** The log's head when following began: everything after it is delivered. */
  readonly head: Head
  /** No callback is called after this returns. */
  stop(): void
}

export interface Store {
  load(partition: PartitionName, keys: readonly Key[]): Promise<readonly StoredRecord[]>
  read(partition: PartitionName, log: LogKey, range: Range): Promise<readonly Entry[]>
  head(partition: PartitionName, log: LogKey): Promise<Head>
  rank(
    partition: PartitionName,
    ranking: RankingKey,
    page: { readonly before?: Ranked; readonly limit: number },
  ): Promise<readonly Ranked[]>
  /** [S8] The first members of all these rankings together, in one call. A page ends with all that is level with its last. */
  rankTogether(
    partition: PartitionName,
    rankings: readonly RankingKey[],
    page: { readonly before?: Ranked; readonly limit: number },
  ): Promise<readonly RankedIn[]>
  size(partition: PartitionName, ranking: RankingKey): Promise<number>
  /** The first answers of commits with these ids, where they are known ([S4]). */
  findResults(partition: PartitionName, ids: readonly CommitId[]): Promise<readonly (Repeated | undefined)[]>
  commit(partition: PartitionName, change: Change): Promise<Committed | Repeated | Conflict>
  /** @param fresh the log's name was made this moment, and is known nowhere else: it is empty, and no head is read */
  follow(partition: PartitionName, log: LogKey, follower: Follower, fresh?: boolean): Promise<Following>
  /** [S16] Milliseconds. */
  now(): number
  /** Resolves when the store answers; rejects with `StoreUnavailable` when it does not. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** [S13] The store could not be reached, or did not answer in time. The call may have taken effect. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable"
}
