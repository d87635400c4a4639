/**
 * What a rule decides: a set of changes for one partition. `repository/partition.ts` turns it into one atomic commit.
 */
import type { UserId } from "../protocol/branded.ts"
import type { AgentPayload, ControlPayload, FeedPayload, Kind, LogPayload, Records } from "./records.ts"

/** A record as it was loaded: the version says what the decision was based on. */
export interface Versioned<K extends Kind = Kind> {
  readonly kind: K
  readonly id: string
  readonly version: number
  readonly value: Records[K] | undefined
}

export type Put = { [K in Kind]: { readonly kind: K; readonly id: string; readonly value: Records[K] } }[Kind]

export type Append =
  | {
      readonly to: "messages"
      readonly log: string
      readonly payload: LogPayload
      readonly floor?: number | undefined
      readonly at?: number | undefined
    }
  /** `of`: the index of the message among this change set's appends. */
  | { readonly to: "feed"; readonly userId: UserId; readonly payload: FeedPayload; readonly of?: number }
  | { readonly to: "agents"; readonly payload: AgentPayload; readonly of?: number }
  | { readonly to: "control"; readonly payload: ControlPayload }

/**
 * What a user has, in order: their conversations by activity, the users merged into them, their devices by last use,
 * their active tickets by the rule of the check mark, and those that agents were told of as bearing it. What agents list: tickets by status, by assignee, and those
 * with a message that no agent has read, latest activity first. The terms by which users are found, and the agents by
 * when they were last connected. Users of whose profile agents are still to be told.
 */
export type RankingOf =
  | "conversations"
  | "aliases"
  | "devices"
  | "active"
  | "badged"
  | "status"
  | "assignee"
  | "unread"
  | "search"
  | "agents"
  | "untold"

export interface RankingChange {
  readonly of: RankingOf
  /** The user's id, the status, the assignee. */
  readonly name: string
  readonly member: string
  readonly score: number | "now" | "out"
}

/** The number of a log's last entry, as it must still be (`n`), or must not have reached (`below`). */
export interface HeadPrecondition {
  /** `feed`: the feed of the user named by `log`. Without it a message log. */
  readonly of?: "feed"
  readonly log: string
  readonly n?: number | undefined
  readonly below?: number | undefined
  /** With `n`: and it is the very entry that bore this tag, not another that came to bear its number. */
  readonly tag?: string | undefined
}

/** The log ends where it was read. */
export const endsWith = (
  log: string,
  head: { readonly n: number; readonly tag?: string | undefined } | undefined,
): HeadPrecondition => (head ? { log, n: head.n, tag: head.tag } : { log, n: 0 })

/** A record must still have this version. Its value is needed where a ranking is derived from it. */
export type Expected = Pick<Versioned, "kind" | "id" | "version"> & Partial<Pick<Versioned, "value">>

/** The first answer to a commit, to be given under another id from now on. */
export interface KnownAnswer {
  readonly id: { readonly scope: string; readonly key: string }
  readonly at: number
  readonly n: readonly number[]
  readonly answer: string
}

export interface ChangeSet {
  /** Repeating the change set under the same id changes nothing. */
  readonly id?: { readonly scope: string; readonly key: string }
  readonly answer?: string
  /** Only behind the change set with this id, whose partition is the same. */
  readonly after?: { readonly scope: string; readonly key: string } | undefined
  readonly known?: readonly KnownAnswer[]
  readonly expect?: readonly Expected[]
  readonly heads?: readonly HeadPrecondition[]
  readonly put?: readonly Put[]
  readonly remove?: readonly { readonly kind: Kind; readonly id: string }[]
  readonly append?: readonly Append[]
  readonly rank?: readonly RankingChange[]
  readonly expire?: readonly Expiring[]
}

/** A record, the feed of a user, or a message log, that is needed for so many seconds and then goes. */
export type Expiring = (
  | { readonly kind: Kind; readonly id: string }
  | { readonly kind: "feed"; readonly id: UserId }
  | { readonly kind: "messages"; readonly id: string }
) & { readonly seconds: number }

/** Change sets for the same partition become one. Later puts of the same record replace earlier ones. */
export function combineChangeSets(first: ChangeSet, second: ChangeSet): ChangeSet {
  const shift = first.append?.length ?? 0
  const moved = (second.append ?? []).map((item) =>
    (item.to === "feed" || item.to === "agents") && item.of !== undefined
      ? { ...item, of: item.of + shift }
      : item,
  )
  const puts = new Map<string, Put>()
  for (const put of [...(first.put ?? []), ...(second.put ?? [])]) puts.set(`${put.kind} ${put.id}`, put)
  const expected = new Map<string, Expected>()
  for (const versioned of [...(first.expect ?? []), ...(second.expect ?? [])])
    expected.set(`${versioned.kind} ${versioned.id}`, versioned)
  const id = first.id ?? second.id
  const answer = first.answer ?? second.answer
  return {
    known: [...(first.known ?? []), ...(second.known ?? [])],
    expect: [...expected.values()],
    heads: [...(first.heads ?? []), ...(second.heads ?? [])],
    put: [...puts.values()],
    remove: [...(first.remove ?? []), ...(second.remove ?? [])],
    append: [...(first.append ?? []), ...moved],
    rank: [...(first.rank ?? []), ...(second.rank ?? [])],
    expire: [...(first.expire ?? []), ...(second.expire ?? [])],
    ...(id && { id }),
    ...(answer !== undefined && { answer }),
  }
}
