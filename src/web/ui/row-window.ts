/**
 * Of a long history only a window of rows is drawn: it moves with the reader, and there are never more rows than a page
 * can bear. Its edges are keys of rows, so that what comes in above, below or between moves nothing.
 */
import { useState } from "preact/hooks"

interface Keyed {
  readonly key: string
}

/** Keys of the first and the last row; without them the latest rows are drawn, whatever comes. */
export interface Edges {
  readonly from?: string
  readonly to?: string
}

export const MOST_ROWS = 240
const STEP_ROWS = 80
/** Where fewer rows than this are above, the next page is asked for: so it is there when the reader comes. */
export const SOON_ROWS = 2 * STEP_ROWS

export type Span = readonly [from: number, to: number]

/** Which rows are drawn. An edge whose row is gone counts as not set. */
export function spanOf(rows: readonly Keyed[], { from, to }: Edges): Span {
  const last = to === undefined ? -1 : rows.findLastIndex(({ key }) => key === to)
  const end = last === -1 ? rows.length : last + 1
  const first = from === undefined ? -1 : rows.findIndex(({ key }) => key === from)
  if (first === -1 || first >= end) return [Math.max(0, end - MOST_ROWS), end]
  // What comes in while a reader is at it is drawn below them, but not without an end.
  return [first, Math.min(end, first + MOST_ROWS + STEP_ROWS)]
}

export const earlier = (rows: readonly Keyed[], [from, to]: Span): Edges => {
  const next = Math.max(0, from - STEP_ROWS)
  return edgesOf(rows, [next, Math.min(to, next + MOST_ROWS)])
}

export const later = (rows: readonly Keyed[], [from, to]: Span): Edges => {
  const next = Math.min(rows.length, to + STEP_ROWS)
  return edgesOf(rows, [Math.max(from, next - MOST_ROWS), next])
}

/** The last row of all is no edge: what comes after it belongs to the window, too. */
export function edgesOf(rows: readonly Keyed[], [from, to]: Span): Edges {
  const first = rows[from]?.key
  const last = to < rows.length ? rows[to - 1]?.key : undefined
  return { ...(first !== undefined && { from: first }), ...(last !== undefined && { to: last }) }
}

/** The window of one reader. */
export interface RowWindow<Row> {
  readonly rows: readonly Row[]
  /** So many rows above are not drawn. */
  readonly above: number
  /** There are rows below that are not drawn. */
  readonly below: boolean
  earlier(): void
  later(): void
  /** The reader has left the end of the list, or has returned to it. */
  hold(held: boolean): void
  /** Moves the window so that this row is drawn. */
  toRow(key: string): void
}

export function useRowWindow<Row extends Keyed>(rows: readonly Row[]): RowWindow<Row> {
  const [edges, setEdges] = useState<Edges>({})
  const span = spanOf(rows, edges)
  return {
    rows: rows.slice(...span),
    above: span[0],
    below: span[1] < rows.length,
    earlier: () => setEdges(earlier(rows, span)),
    later: () => setEdges(later(rows, span)),
    hold: (held) => setEdges(held ? edgesOf(rows, span) : {}),
    toRow(key) {
      const index = rows.findIndex((row) => row.key === key)
      if (index === -1 || (index >= span[0] && index < span[1])) return
      const from = Math.max(0, index - STEP_ROWS)
      setEdges(edgesOf(rows, [from, Math.min(rows.length, from + MOST_ROWS)]))
    },
  }
}
