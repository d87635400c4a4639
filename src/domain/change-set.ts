/** What a rule decides: a set of changes for one partition. `repository/partition.ts` turns it into one atomic commit. */
import type { UserId } from "../protocol/branded.ts"
import type { AgentPayload, ControlPayload, FeedPayload, LogPayload } from "./log-payloads.ts"
import type { Kind, Records } from "./records.ts"

/** A record as it was loaded. A commit that expects it is refused if the record has another version by then. */
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

/** Every kind of ranking, each with what it is named by. Scores are Unix milliseconds unless they say otherwise. */
export type RankingOf =
  /** By user: their conversations, by latest activity. */
  | "conversations"
  /** By user: the users merged into them, by the time of the merge. */
  | "aliases"
  /** By user: their devices, by when each was last seen. */
  | "devices"
  /** By user: their active tickets, in the order in which tickets bear the badge (`badge.ts`). */
  | "active"
  /** By user: the tickets that agents were told of as bearing the badge. */
  | "badged"
  /** By status: all tickets of it, by latest activity. */
  | "status"
  /** By status and assignee (`assigneeRankingOf`): an agent's tickets, by latest activity. */
  | "assignee"
  /** One: tickets with a message that no agent has read, by latest activity. */
  | "unread"
  /** One: the terms by which users are found, all with score 0, so in the order of the terms. */
  | "search"
  /** One: the agents, by when each was last connected. */
  | "agents"
  /** One: users of whose latest profile agents have not been told yet. */
  | "untold"

export interface RankingChange {
  readonly of: RankingOf
  /** Which ranking of this kind: a user's id, a status, an assignee; `""` where there is only one. */
  readonly name: string
  readonly member: string
  readonly score: number | "now" | "out"
}

/** What must hold of a log's last entry: it has this number (`n`), or a smaller one than this (`below`). */
export interface HeadPrecondition {
  /** `feed`: the feed of the user named by `log`. Without it a message log. */
  readonly of?: "feed"
  readonly log: string
  readonly n?: number | undefined
  readonly below?: number | undefined
  /** With `n`: the entry has this tag, too. A store that lost its tail may have given the number to another entry. */
  readonly tag?: string | undefined
}

/** The precondition that a log still ends with the entry that was read last. */
export const endsWith = (
  log: string,
  head: { readonly n: number; readonly tag?: string | undefined } | undefined,
): HeadPrecondition => (head ? { log, n: head.n, tag: head.tag } : { log, n: 0 })

/** A record that must still have this version. For a user the value is needed too: search terms are derived from it. */
export type Expected = Pick<Versioned, "kind" | "id" | "version"> & Partial<Pick<Versioned, "value">>

/** The answer to a commit that was made under another id: it is given under this id as well, or is a conflict where the id has another. */
export interface KnownAnswer {
  readonly id: { readonly scope: string; readonly key: string }
  readonly at: number
  readonly n: readonly number[]
  readonly answer: string
}

/** An id as one text. */
export const idName = ({ scope, key }: KnownAnswer["id"]): string => `${scope} ${key}`

export interface ChangeSet {
  /** Repeating the change set under the same id changes nothing. */
  readonly id?: { readonly scope: string; readonly key: string }
  readonly answer?: string
  /** Applied only if the change set with this id, in the same partition, was applied before [S18]. */
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

/** A record, a user's feed, or a message log that is removed after so many seconds. */
export type Expiring = (
  | { readonly kind: Kind; readonly id: string }
  | { readonly kind: "feed"; readonly id: UserId }
  | { readonly kind: "messages"; readonly id: string }
) & { readonly seconds: number }

/** Makes two change sets for the same partition one. Where both put a record, the second value counts. */
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
