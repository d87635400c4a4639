/**
 * Chapter 4: the repository, between the flows of `app/` and the store: load, decide, commit, follow. This file is one
 * partition of one app with typed records and entries, where the store has bytes.
 */

import { type ChangeSet, idName, type RankingOf, type Versioned } from "../domain/change-set.ts"
import type { ControlPayload } from "../domain/log-payloads.ts"
import type { Kind } from "../domain/records.ts"
import type { UserId } from "../protocol/branded.ts"
import type {
  CommitId,
  Following,
  Head,
  Repeated as Known,
  Range,
  Ranked,
  Store,
  StoredRecord,
} from "../store/contract.ts"
import { validateChange } from "../store/validate.ts"
import { controlPayload, RECORD_CODECS } from "./codec.ts"
import { bytesPut, changeOf, writtenBy } from "./encoded-change.ts"
import { Decoding, type FeedFollower } from "./feed-follower.ts"
import {
  AGENTS,
  type AgentEntry,
  agentEntry,
  CONTROL,
  type FeedEntry,
  feedEntry,
  feedLog,
  MessageEntry,
  messageLog,
} from "./log-entries.ts"
import { RecordCache } from "./record-cache.ts"
import { keyOf, rankingOf, shortId } from "./stored-names.ts"

const FOUNDED = "founded"
/** A message's time and number in its log. */
export interface StoredMessage {
  readonly at: number
  readonly n: number
}

export interface CommittedChanges {
  readonly kind: "committed"
  /** Set for a change set whose first append is a message. */
  readonly message: StoredMessage | undefined
  /** A record that this commit put, with its new version; `undefined`: the store did not say, so it has to be loaded. */
  written<K extends Kind>(one: Ref<K>): Versioned<K> | undefined
}

export interface RepeatedChanges {
  readonly kind: "repeated"
  readonly answer: string
  /** Of a change set that began with a message. */
  readonly message: StoredMessage | undefined
}

/** A commit that was refused, with what it was decided on as it is now. */
export interface ConflictingChanges {
  readonly kind: "conflict"
  readonly records: readonly Versioned[]
  /** The heads of the message logs that were expected. */
  readonly heads: ReadonlyMap<string, Head>
  /** The ids of `known` that have another answer already, by `idName`. */
  readonly otherAnswers: ReadonlyMap<string, RepeatedChanges>
}

export interface Ref<K extends Kind = Kind> {
  readonly kind: K
  readonly id: string
}

export const ref = <K extends Kind>(kind: K, id: string): Ref<K> => ({ kind, id })

export class Partition {
  readonly appId: string
  readonly index: number
  readonly seen = new RecordCache()
  readonly #store: Store
  readonly #name: string
  readonly #founded: boolean

  /** @param founded the partition is known to hold records: if they are gone, it takes no commit [S15] */
  constructor(store: Store, appId: string, index: number, founded: boolean) {
    this.#store = store
    this.#founded = founded
    this.appId = appId
    this.index = index
    this.#name = `${appId}:${index}`
  }

  async load<const R extends readonly Ref[]>(
    ...refs: R
  ): Promise<{ readonly [I in keyof R]: Versioned<R[I]["kind"]> }> {
    const found = await this.#store.load(
      this.#name,
      refs.map(({ kind, id }) => keyOf(kind, id)),
    )
    const versioned = refs.map((one, index) => this.#versioned(one, found[index]))
    // The boundary: the store answers in the order of the keys, so each record has the kind of its ref.
    return versioned as unknown as { readonly [I in keyof R]: Versioned<R[I]["kind"]> }
  }

  async get<K extends Kind>(kind: K, id: string): Promise<Versioned<K>> {
    const [versioned] = await this.load(ref(kind, id))
    return versioned
  }

  async messages(log: string, range: Range): Promise<MessageEntry[]> {
    const entries = await this.#store.read(this.#name, messageLog(log), range)
    return entries.map((entry) => new MessageEntry(entry, entry.value))
  }

  messagesHead(log: string): Promise<Head> {
    return this.#store.head(this.#name, messageLog(log))
  }

  async feed(userId: UserId, range: Range): Promise<FeedEntry[]> {
    return (await this.#store.read(this.#name, feedLog(userId), range)).map(feedEntry)
  }

  feedHead(userId: UserId): Promise<Head> {
    return this.#store.head(this.#name, feedLog(userId))
  }

  /** @param fresh the caller has just made the user's id, so the feed is empty and need not be read */
  follow(userId: UserId, on: FeedFollower, fresh = false): Promise<Following> {
    return this.#store.follow(this.#name, feedLog(userId), new Decoding(on), fresh)
  }

  async agents(range: Range): Promise<AgentEntry[]> {
    return (await this.#store.read(this.#name, AGENTS, range)).map(agentEntry)
  }

  agentsHead(): Promise<Head> {
    return this.#store.head(this.#name, AGENTS)
  }

  followAgents(on: { entry(entry: AgentEntry): void; broken(): void }): Promise<Following> {
    return this.#store.follow(this.#name, AGENTS, {
      entry: (entry) => on.entry(agentEntry(entry)),
      broken: () => on.broken(),
    })
  }

  followControl(on: { entry(payload: ControlPayload): void; broken(): void }): Promise<Following> {
    return this.#store.follow(this.#name, CONTROL, {
      entry: (entry) => on.entry(controlPayload.decode(entry.value)),
      broken: () => on.broken(),
    })
  }

  rank(of: RankingOf, name: string, page: { before?: Ranked; limit: number }): Promise<readonly Ranked[]> {
    return this.#store.rank(this.#name, rankingOf(of, name), page)
  }

  /** Several rankings read as one; each member comes with the ranking that it is in. */
  async rankTogether<Source extends { readonly of: RankingOf; readonly name: string }>(
    sources: readonly Source[],
    page: { before?: Ranked; limit: number },
  ): Promise<(Ranked & { readonly source: Source })[]> {
    const byName = new Map(sources.map((source) => [rankingOf(source.of, source.name), source]))
    const found = await this.#store.rankTogether(this.#name, [...byName.keys()], page)
    return found.flatMap(({ member, score, ranking }) => {
      const source = byName.get(ranking)
      return source ? [{ member, score, source }] : []
    })
  }

  size(of: RankingOf, name: string): Promise<number> {
    return this.#store.size(this.#name, rankingOf(of, name))
  }

  async findResults(ids: readonly CommitId[]): Promise<(RepeatedChanges | undefined)[]> {
    if (ids.length === 0) return []
    const known = await this.#store.findResults(this.#name, ids.map(shortId))
    return known.map((found) => found && repeatedOf(found))
  }

  /** [S15] Puts the partition's first record, unless it is there already. */
  async found(): Promise<void> {
    const [found] = await this.#store.load(this.#name, [FOUNDED])
    if (found?.value) return
    const put = [[FOUNDED, Buffer.of(1)]] as const
    await this.#store.commit(this.#name, { expect: [[FOUNDED, 0]], put })
  }

  #versioned({ kind, id }: Ref, stored: StoredRecord | undefined): Versioned {
    const { version, value } = stored ?? { version: 0, value: undefined }
    const versioned = { kind, id, version, value: value && RECORD_CODECS[kind].decode(value) }
    this.seen.see(versioned, value?.length ?? 0)
    return versioned
  }

  /** @throws RangeError as `commit` would for a change set that no store can take, whatever is stored */
  check(changeSet: ChangeSet): void {
    validateChange(this.#name, changeOf(changeSet, this.#founded))
  }

  /** All of the change set or nothing. Only `transact.ts` calls this: after a conflict one must decide again. */
  async commit(changeSet: ChangeSet): Promise<CommittedChanges | RepeatedChanges | ConflictingChanges> {
    const { expect = [], heads = [], put = [], append = [], known = [] } = changeSet
    const change = changeOf(changeSet, this.#founded)
    const done = await this.#store.commit(this.#name, change)
    if (done.kind !== "conflict") {
      for (const one of put) this.seen.forget(one)
      if (done.kind === "repeated") return repeatedOf(done)
      for (const one of put) {
        const bytes = bytesPut(change, one)
        const written = this.seen.keeps(one.kind, bytes) && writtenBy(change, done, one)
        if (written) this.seen.see(written, bytes)
      }
      return {
        kind: "committed",
        message: append[0]?.to === "messages" ? firstOf(done) : undefined,
        written: (one) => writtenBy(change, done, one),
      }
    }
    const messages = heads.filter(({ of }) => of === undefined)
    return {
      kind: "conflict",
      records: expect.map((one) => this.#versioned(one, done.records.get(keyOf(one.kind, one.id)))),
      heads: new Map(messages.map(({ log }) => [log, done.heads.get(messageLog(log))])),
      otherAnswers: new Map(
        known.flatMap(({ id }, index) => {
          const other = done.others[index]
          return other ? [[idName(id), repeatedOf(other)] as const] : []
        }),
      ),
    }
  }
}

/** The first entry of a commit. A repeat, too, knows the first commit's time and numbers. */
function firstOf({
  at,
  n: [n],
}: {
  readonly at: number
  readonly n: readonly number[]
}): StoredMessage | undefined {
  return n === undefined ? undefined : { at, n }
}

const repeatedOf = (done: Known): RepeatedChanges => ({
  kind: "repeated",
  answer: done.answer,
  message: firstOf(done),
})

/** All or none: where one log cannot be followed, following the others is stopped. */
export async function allFollowing(begun: readonly Promise<Following>[]): Promise<readonly Following[]> {
  try {
    return await Promise.all(begun)
  } catch (error) {
    for (const one of await Promise.allSettled(begun)) if (one.status === "fulfilled") one.value.stop()
    throw error
  }
}
