/**
 * Chapter 4: the flow. Between the doors and the store: load, decide, commit, follow. This file gives the store's
 * bytes their types back, for one partition of one app.
 */
import type { Appending, Draft, Held, RankingOf } from "../domain/draft.ts"
import type { Address } from "../domain/position.ts"
import type { ControlRow, FeedRow, Kind, LogRow, Records } from "../domain/records.ts"
import { digest } from "../lib/hash.ts"
import { byteLength } from "../protocol/scalars.ts"
import { controlRow, feedRow, logRow, RECORD_CODECS } from "../store/codec.ts"
import type {
  Append,
  CommitId,
  Committed,
  Entry,
  Following,
  Head,
  Range,
  Ranked,
  Repeated,
  Store,
} from "../store/store.ts"

/** Feeds keep more than 1,000 events (PROTOCOL 3.3). */
const FEED_KEEP = 1100
const CONTROL_KEEP = 1000

const KEY: { readonly [K in Kind]: string } = {
  app: "app",
  user: "u",
  conversation: "c",
  markers: "r",
  directory: "x",
  email: "e",
  imported: "i",
}
const RANKING: { readonly [R in RankingOf]: string } = { conversations: "cu", aliases: "al", devices: "dv" }

const keyOf = (kind: Kind, id: string): string => `${KEY[kind]}:${id}`
const rankingOf = (of: RankingOf, userId: string): string => `${RANKING[of]}:${userId}`
const messageLog = (log: string): string => `m:${log}`
const feedLog = (userId: string): string => `f:${userId}`
const CONTROL = "control"

export interface MessageEntry extends Address {
  readonly row: LogRow
}

/** A feed entry; one that points to a message brings it. */
export interface FeedEntry extends Address {
  readonly tag: string
  readonly row: FeedRow
  readonly message?: MessageEntry & { readonly log: string }
}

export interface Ref<K extends Kind = Kind> {
  readonly kind: K
  readonly id: string
}

export const ref = <K extends Kind>(kind: K, id: string): Ref<K> => ({ kind, id })

export class Space {
  readonly appId: string
  readonly partition: number
  readonly #store: Store
  readonly #name: string

  constructor(store: Store, appId: string, partition: number) {
    this.#store = store
    this.appId = appId
    this.partition = partition
    this.#name = `${appId}:${partition}`
  }

  async load<const R extends readonly Ref[]>(
    ...refs: R
  ): Promise<{ readonly [I in keyof R]: Held<R[I]["kind"]> }> {
    const found = await this.#store.load(
      this.#name,
      refs.map(({ kind, id }) => keyOf(kind, id)),
    )
    const held = refs.map(({ kind, id }, index): Held => {
      const { version, value } = found[index] ?? { version: 0, value: undefined }
      return { kind, id, version, value: value && RECORD_CODECS[kind].decode(value) }
    })
    // The boundary: the store answers in the order of the keys, so each place has the kind of its ref.
    return held as unknown as { readonly [I in keyof R]: Held<R[I]["kind"]> }
  }

  async get<K extends Kind>(kind: K, id: string): Promise<Held<K>> {
    const [held] = await this.load(ref(kind, id))
    return held
  }

  async messages(log: string, range: Range): Promise<MessageEntry[]> {
    const entries = await this.#store.read(this.#name, messageLog(log), range)
    return entries.map(({ at, n, value }) => ({ at, n, row: logRow.decode(value) }))
  }

  messagesHead(log: string): Promise<Head> {
    return this.#store.head(this.#name, messageLog(log))
  }

  async feed(userId: string, range: Range): Promise<FeedEntry[]> {
    return (await this.#store.read(this.#name, feedLog(userId), range)).map(feedEntry)
  }

  feedHead(userId: string): Promise<Head> {
    return this.#store.head(this.#name, feedLog(userId))
  }

  follow(userId: string, on: { entry(entry: FeedEntry): void; broken(): void }): Promise<Following> {
    return this.#store.follow(this.#name, feedLog(userId), {
      entry: (entry) => on.entry(feedEntry(entry)),
      broken: () => on.broken(),
    })
  }

  followControl(on: { row(row: ControlRow): void; broken(): void }): Promise<Following> {
    return this.#store.follow(this.#name, CONTROL, {
      entry: (entry) => on.row(controlRow.decode(entry.value)),
      broken: () => on.broken(),
    })
  }

  rank(of: RankingOf, userId: string, page: { before?: Ranked; limit: number }): Promise<readonly Ranked[]> {
    return this.#store.rank(this.#name, rankingOf(of, userId), page)
  }

  async recall(ids: readonly CommitId[]): Promise<Repeated[]> {
    if (ids.length === 0) return []
    const known = await this.#store.recall(this.#name, ids.map(shortId))
    return known.filter((found) => found !== undefined)
  }

  /** All of the draft or nothing. `conflict`: what it was decided on has changed; load and decide again. */
  async commit(draft: Draft): Promise<Committed | Repeated | { readonly kind: "conflict" }> {
    return this.#store.commit(this.#name, {
      ...(draft.id && { id: shortId(draft.id) }),
      ...(draft.answer !== undefined && { answer: draft.answer }),
      expect: (draft.expect ?? []).map(({ kind, id, version }) => [keyOf(kind, id), version]),
      heads: (draft.heads ?? []).map((head) => ({ ...head, log: messageLog(head.log) })),
      put: (draft.put ?? []).map((put) => [keyOf(put.kind, put.id), encode(put.kind, put.value)]),
      remove: (draft.remove ?? []).map(({ kind, id }) => keyOf(kind, id)),
      append: (draft.append ?? []).map(append),
      rank: (draft.rank ?? []).map(({ of, userId, member, score }) => [rankingOf(of, userId), member, score]),
    })
  }
}

/** Names of the store are bounded [S14]; what a client calls its sends may be longer in bytes. */
const LONGEST_NAME = 200

function shortId({ scope, key }: CommitId): CommitId {
  return byteLength(key) > LONGEST_NAME ? { scope, key: `#${digest(key)}` } : { scope, key }
}

const encode = <K extends Kind>(kind: K, value: Records[K]): Uint8Array => RECORD_CODECS[kind].encode(value)

function append(item: Appending): Append {
  switch (item.to) {
    case "messages":
      return {
        log: messageLog(item.log),
        value: logRow.encode(item.row),
        ...(item.floor !== undefined && { floor: item.floor }),
      }
    case "feed":
      return {
        log: feedLog(item.userId),
        value: feedRow.encode(item.row),
        announce: true,
        keep: FEED_KEEP,
        ...(item.of !== undefined && { of: item.of }),
      }
    case "control":
      return { log: CONTROL, value: controlRow.encode(item.row), announce: true, keep: CONTROL_KEEP }
  }
}

function feedEntry({ at, n, tag, value, of }: Entry): FeedEntry {
  const entry = { at, n, tag, row: feedRow.decode(value) }
  if (!of) return entry
  return {
    ...entry,
    message: { at: of.at, n: of.n, log: of.log.slice(messageLog("").length), row: logRow.decode(of.value) },
  }
}
