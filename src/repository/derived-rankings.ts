/**
 * Rankings that follow from records alone are derived for every commit: no rule can forget them. The previous value of a
 * record is the one that the change set expects.
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
