/**
 * Rankings that follow from records alone are kept by the commit itself: no rule can forget them, and they hold whatever
 * wrote the record. What a record was is what the change set expects of it.
 */
import type { ChangeSet, RankingChange } from "../domain/change-set.ts"
import type { UserRecord } from "../domain/records.ts"
import { searchChanges } from "../domain/search.ts"

export function derivedRankings({ expect = [], put = [] }: ChangeSet): RankingChange[] {
  return put.flatMap((one): RankingChange[] => {
    if (one.kind !== "user") return []
    const known = expect.find(({ kind, id }) => kind === "user" && id === one.id)
    if (!known || !(known.version === 0 || "value" in known))
      throw new Error("A user is written without what was expected of it.")
    // The boundary: a versioned record of this kind holds a value of this kind.
    return searchChanges(known.value as UserRecord | undefined, one.value, one.id)
  })
}
