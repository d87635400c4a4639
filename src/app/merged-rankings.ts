/** Reads several rankings as one list, page by page: those of all partitions and, for tickets, of all wanted statuses. */
import type { RankingOf } from "../domain/change-set.ts"
import { byRank, firstRanked } from "../lib/first-ranked.ts"
import type { Partition } from "../repository/partition.ts"
import type { Ranked } from "../store/contract.ts"

export interface RankingSource {
  readonly partition: Partition
  readonly of: RankingOf
  readonly name: string
}

/** A member, and the ranking that has it. */
export interface RankedFrom extends Ranked {
  readonly source: RankingSource
}

/**
 * The first `limit` members of all rankings together, after `before`, and those with the same score and member as the last.
 * Each partition is asked for a share of the page from all its rankings, and asked again only if all of its share could
 * belong on the page: at most two rounds, which read about as many members as the page has.
 */
export async function firstOfAll(
  sources: readonly RankingSource[],
  before: Ranked | undefined,
  limit: number,
): Promise<RankedFrom[]> {
  const byPartition = new Map<Partition, RankingSource[]>()
  for (const source of sources)
    byPartition.set(source.partition, [...(byPartition.get(source.partition) ?? []), source])
  const rank = (partition: Partition, after: Ranked | undefined, count: number) =>
    partition.rankTogether(byPartition.get(partition) ?? [], {
      ...(after && { before: after }),
      limit: count,
    })
  const share = Math.min(limit, Math.ceil((2 * limit) / byPartition.size) + 1)
  const beginnings = await Promise.all(
    [...byPartition.keys()].map(async (partition) => ({
      partition,
      page: await rank(partition, before, share),
    })),
  )
  const begun = beginnings.flatMap(({ page }) => page)
  const first = firstRanked(begun, limit)
  if (share === limit) return first
  const bar = first[limit - 1]
  const rest = await Promise.all(
    beginnings.map(({ partition, page }) => {
      const last = page.at(-1)
      // A page whose end lies behind the bar holds all that could come before it.
      const whole = page.length < share || !last || (bar !== undefined && byRank(bar, last) <= 0)
      return whole ? [] : rank(partition, last, limit - share)
    }),
  )
  return firstRanked([...begun, ...rest.flat()], limit)
}
