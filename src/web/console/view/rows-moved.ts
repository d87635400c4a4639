/**
 * How many rows further down most of what is seen stands in another order of the list. One that moved by itself – to the
 * top, because its user wrote – is not followed.
 */
export function rowsMoved(
  before: readonly string[],
  now: readonly string[],
  seen: { readonly first: number; readonly count: number },
): number {
  const places = new Map(now.map((key, index) => [key, index]))
  const moves = before
    .slice(seen.first, seen.first + seen.count)
    .flatMap((key, offset) => {
      const place = places.get(key)
      return place === undefined ? [] : [place - seen.first - offset]
    })
    .sort((one, two) => one - two)
  return moves[Math.floor(moves.length / 2)] ?? 0
}
