/**
 * How many rows further down most of what is seen stands in another order of the list. One that moved by itself – to the
 * top, because its user wrote – is not followed.
 */
export function rowsMoved(
  before: readonly string[],
  now: readonly string[],
  seen: { readonly first: number; readonly count: number },
): number {
  const indexOf = new Map(now.map((key, at) => [key, at]))
  const moves = before
    .slice(seen.first, seen.first + seen.count)
    .flatMap((key, offset) => {
      const index = indexOf.get(key)
      return index === undefined ? [] : [index - seen.first - offset]
    })
    .sort((one, two) => one - two)
  return moves[Math.floor(moves.length / 2)] ?? 0
}
