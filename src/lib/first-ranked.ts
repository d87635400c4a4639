/** The order of ranked members: the highest score first; among equal scores the highest member first, by its UTF-8 bytes. */

interface Scored {
  readonly member: string
  readonly score: number
}

export const byRank = (a: Scored, b: Scored): number =>
  b.score - a.score ||
  (a.member === b.member ? 0 : Buffer.compare(Buffer.from(b.member), Buffer.from(a.member)))

/**
 * The first `limit` of what several rankings gave, in order. More than `limit` where the last member is in several rankings
 * with one score: the next page begins after it, and would miss the others.
 */
export function firstRanked<Entry extends Scored>(entries: readonly Entry[], limit: number): Entry[] {
  const sorted = entries.toSorted(byRank)
  const last = sorted[limit - 1]
  return last ? sorted.filter((entry, index) => index < limit || byRank(entry, last) === 0) : sorted
}
