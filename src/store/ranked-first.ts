/** [S8] Merges pages of several rankings into one: by score, then by the bytes of the member, from the highest down. */
import type { Ranked, RankedIn, RankingKey } from "./contract.ts"

/** @param pages the first members of each ranking, at least `limit` of them where it has so many */
export function rankedFirst(
  rankings: readonly RankingKey[],
  pages: readonly (readonly Ranked[])[],
  limit: number,
): RankedIn[] {
  const all = pages.flatMap((page, index) =>
    page.map(({ member, score }) => ({ member, score, ranking: rankings[index] ?? "" })),
  )
  all.sort(latestFirst)
  const last = all[limit - 1]
  return last ? all.filter((one, index) => index < limit || latestFirst(one, last) === 0) : all
}

const latestFirst = (a: Ranked, b: Ranked): number =>
  b.score - a.score ||
  (a.member === b.member ? 0 : Buffer.compare(Buffer.from(b.member), Buffer.from(a.member)))
