/** What records, rankings and ids of commits are called in the store. */
import type { RankingOf } from "../domain/change-set.ts"
import type { Kind } from "../domain/records.ts"
import { digest } from "../lib/hash.ts"
import { memoized } from "../lib/memoized.ts"
import { byteLength } from "../protocol/scalars.ts"
import type { CommitId } from "../store/contract.ts"

const KEY: { readonly [K in Kind]: string } = {
  app: "app",
  user: "u",
  conversation: "c",
  markers: "r",
  directory: "x",
  email: "e",
  imported: "i",
  ticket: "t",
  agent: "a",
}
const RANKING: { readonly [R in RankingOf]: string } = {
  conversations: "cu",
  aliases: "al",
  devices: "dv",
  active: "ta",
  badged: "tb",
  status: "ts",
  assignee: "tg",
  unread: "tu",
  search: "sx",
  agents: "ag",
  untold: "un",
}

const prefixed = memoized((prefix: string) => memoized((name) => `${prefix}:${name}`))

export const keyOf = (kind: Kind, id: string): string => prefixed(KEY[kind])(id)
export const rankingOf = (of: RankingOf, name: string): string => prefixed(RANKING[of])(shortName(name))

/** Names in the store are bounded [S14]; a client's `localId` may have more bytes, and is replaced by its hash then. */
const MAX_NAME_BYTES = 200

export function shortId({ scope, key }: CommitId): CommitId {
  return { scope, key: shortName(key) }
}

function shortName(name: string): string {
  // Three bytes is the most UTF-8 takes per UTF-16 unit: most names need no counting.
  const long = name.length * 3 > MAX_NAME_BYTES && byteLength(name) > MAX_NAME_BYTES
  return long ? `#${digest(name)}` : name
}
