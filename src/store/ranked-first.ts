/** [S8] The order of a ranking, for several that are read as one: by score and then by member, by bytes, from the highest down. */
import type { Ranked, RankedIn, RankingKey } from "./contract.ts"

/** @param pages of the rankings, each in order */
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
