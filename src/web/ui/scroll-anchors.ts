/** Where the rows of a scrolled list stand, so that after a change what the reader looks at stands there again. */

/** A row by its key, and how far below the list's upper edge it stands, in pixels. */
export type Anchor = readonly [key: string, top: number]

export const belowOf = (list: HTMLElement): number => list.scrollHeight - list.scrollTop - list.clientHeight

export function rowOf(list: HTMLElement, key: string): HTMLElement | undefined {
  return rowsIn(list).find((row) => row.dataset.row === key)
}

/** They stand side by side, so there is no need to look into each of them. */
const rowsIn = (list: HTMLElement): HTMLElement[] => {
  const beside = list.querySelector("[data-row]")?.parentElement?.children ?? []
  return [...beside].filter(
    (row): row is HTMLElement => row instanceof HTMLElement && row.dataset.row !== undefined,
  )
}

/** Rows stand in their order, so one is found by halving: the first of which the end lies below this line. */
function firstBelow(rows: readonly HTMLElement[], line: number): number {
  let [from, to] = [0, rows.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) > line) to = middle
    else from = middle + 1
  }
  return from
}

/** What a row may lack at the lower edge, and is read all the same. */
const NEARLY_PX = 8

/** The key of the last row of which the end is on the screen, or above it. */
export function lastSeenRow(list: HTMLElement): string | undefined {
  const rows = rowsIn(list)
  return rows[firstBelow(rows, list.getBoundingClientRect().bottom + NEARLY_PX) - 1]?.dataset.row
}

/** One that begins above the upper edge comes last: where a list changes its width, what is seen of it may go. */
export function visibleRows(list: HTMLElement): readonly Anchor[] {
  const { top, bottom } = list.getBoundingClientRect()
  const rows = rowsIn(list)
  const anchors: Anchor[] = []
  for (const row of rows.slice(firstBelow(rows, top))) {
    const box = row.getBoundingClientRect()
    if (box.top >= bottom) break
    anchors.push([row.dataset.row ?? "", box.top - top])
  }
  return [...anchors.filter(([, at]) => at >= 0), ...anchors.filter(([, at]) => at < 0)]
}

/** How far the reader has scrolled since; what became shorter than it was scrolled to is no scrolling. */
export const scrolledSince = (list: HTMLElement, top: number): number =>
  belowOf(list) < 1 ? 0 : list.scrollTop - top

/** Scrolls so that the first of the rows that is still there stands where it stood, less what the reader has scrolled. */
export function keep(list: HTMLElement, anchors: readonly Anchor[], scrolled: number): void {
  const { top } = list.getBoundingClientRect()
  const rows = new Map(rowsIn(list).map((row) => [row.dataset.row, row]))
  for (const [key, before] of anchors) {
    const row = rows.get(key)
    if (!row) continue
    const moved = row.getBoundingClientRect().top - top - (before - scrolled)
    if (Math.abs(moved) > 0.5) list.scrollTop += moved
    return
  }
}
