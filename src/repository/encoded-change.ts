/** A change set as the store takes it: names become keys, values become bytes, and rankings that follow from them are added. */
import type { ChangeSet, Expiring, Versioned } from "../domain/change-set.ts"
import type { Kind, Records } from "../domain/records.ts"
import type { Change, Committed } from "../store/contract.ts"
import { RECORD_CODECS } from "./codec.ts"
import { derivedRankings, tellsTicket } from "./derived-rankings.ts"
import { withoutOldTickets } from "./derived-tickets.ts"
import { encodeAppend, feedLog, messageLog } from "./log-entries.ts"
import { keyOf, rankingOf, shortId } from "./stored-names.ts"

/** @param founded the partition is known to hold records [S15] */
export function changeOf(changeSet: ChangeSet, founded: boolean): Change {
  const { id, answer, after, known, expect = [], heads = [], put = [], remove = [], append = [] } = changeSet
  const derived = put.length > 0 || append.some(tellsTicket) ? derivedRankings(changeSet) : []
  return {
    founded,
    id: id && shortId(id),
    answer,
    after: after && shortId(after),
    known: known?.map((one) => ({ ...one, id: shortId(one.id) })),
    expect: expect.map((one) => [keyOf(one.kind, one.id), one.version]),
    heads: heads.map(({ of, log, n, below, tag }) => ({
      log: of === "feed" ? feedLog(log) : messageLog(log),
      n,
      below,
      tag,
    })),
    put: withoutOldTickets(put).map((one) => [keyOf(one.kind, one.id), encode(one.kind, one.value)]),
    remove: remove.map((one) => keyOf(one.kind, one.id)),
    append: append.map(encodeAppend),
    ...(changeSet.expire && { expire: changeSet.expire.map(encodeExpiring) }),
    rank: [...(changeSet.rank ?? []), ...derived].map(({ of, name, member, score }) => [
      rankingOf(of, name),
      member,
      score,
    ]),
  }
}

/** [S3] Decoded from what was stored, so that it is what a load would give. */
export function writtenBy<K extends Kind>(
  { put = [] }: Change,
  { version }: Pick<Committed, "version">,
  { kind, id }: { readonly kind: K; readonly id: string },
): Versioned<K> | undefined {
  const value = putValue(put, kind, id)
  if (version === undefined || !value) return undefined
  return { kind, id, version, value: RECORD_CODECS[kind].decode(value) }
}

/** How long the value is that a change puts there; 0 where it puts none. */
export const bytesPut = ({ put = [] }: Change, { kind, id }: Pick<Versioned, "kind" | "id">): number =>
  putValue(put, kind, id)?.length ?? 0

const putValue = (put: NonNullable<Change["put"]>, kind: Kind, id: string): Uint8Array | undefined =>
  put.findLast(([key]) => key === keyOf(kind, id))?.[1]

const encode = <K extends Kind>(kind: K, value: Records[K]): Uint8Array => RECORD_CODECS[kind].encode(value)

function encodeExpiring({ kind, id, seconds }: Expiring) {
  if (kind === "feed") return { log: feedLog(id), seconds }
  return kind === "messages" ? { log: messageLog(id), seconds } : { key: keyOf(kind, id), seconds }
}
