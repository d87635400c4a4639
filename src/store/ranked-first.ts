/** [S8] Merges pages of several rankings into one. */
import { firstRanked } from "../lib/first-ranked.ts"
import type { Ranked, RankedIn, RankingKey } from "./contract.ts"

/** @param pages the first members of each ranking, at least `limit` of them where it has so many */
export const rankedFirst = (
  rankings: readonly RankingKey[],
  pages: readonly (readonly Ranked[])[],
  limit: number,
): RankedIn[] =>
  firstRanked(
    pages.flatMap((page, index) =>
      page.map(({ member, score }) => ({ member, score, ranking: rankings[index] ?? "" })),
    ),
    limit,
  )
