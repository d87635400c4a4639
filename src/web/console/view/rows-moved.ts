/**
 * By how many rows most of the visible tickets moved down when the list got another order. A ticket that went to the top
 * because its user wrote is not counted.
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
