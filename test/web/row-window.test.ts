/** Of a long history a window of rows is drawn: never more than a page can bear, and none is lost on the way. */
import { describe, expect, test } from "vitest"
import { type Edges, earlier, edgesOf, later, MOST_ROWS, spanOf } from "../../src/web/ui/row-window.ts"

const rowsTo = (count: number) => Array.from({ length: count }, (_, n) => ({ key: `row ${n}` }))

describe("what is drawn", () => {
  test("of a short history is all of it", () => {
    expect(spanOf(rowsTo(10), {})).toEqual([0, 10])
    expect(spanOf([], {})).toEqual([0, 0])
  })

  test("at the end is the latest, whatever comes", () => {
    expect(spanOf(rowsTo(1_000), {})).toEqual([760, 1_000])
    expect(spanOf(rowsTo(1_001), {})).toEqual([761, 1_001])
  })

  test("for a reader elsewhere stays, and what comes below them has an end", () => {
    const held = edgesOf(rowsTo(1_000), spanOf(rowsTo(1_000), {}))
    expect(spanOf(rowsTo(1_010), held)).toEqual([760, 1_010])
    const [from, to] = spanOf(rowsTo(5_000), held)
    expect(from).toBe(760)
    expect(to - from).toBe(MOST_ROWS + 80)
  })

  test("stays also when older rows come in above", () => {
    const rows = rowsTo(300)
    const held = edgesOf(rows, spanOf(rows, {}))
    const older = Array.from({ length: 50 }, (_, n) => ({ key: `older ${n}` }))
    expect(spanOf([...older, ...rows], held)).toEqual([110, 350])
  })

  test("whose edges are gone is the latest again", () => {
    expect(spanOf(rowsTo(500), { from: "gone", to: "gone too" })).toEqual([260, 500])
  })
})

test("on the way up and down again every row is drawn once at least, and there are never too many", () => {
  const rows = rowsTo(30_000)
  const seen = new Set<string>()
  let edges: Edges = edgesOf(rows, spanOf(rows, {}))
  let most = 0
  const draw = (): readonly [number, number] => {
    const span = spanOf(rows, edges)
    most = Math.max(most, span[1] - span[0])
    for (const { key } of rows.slice(...span)) seen.add(key)
    return span
  }
  for (let span = draw(); span[0] > 0; span = draw()) edges = earlier(rows, span)
  expect(seen.size).toBe(30_000)
  seen.clear()
  for (let span = draw(); span[1] < rows.length; span = draw()) edges = later(rows, span)
  expect(seen.size).toBe(30_000)
  expect(most).toBe(MOST_ROWS)
  // Back at the end: what comes next is drawn.
  expect(spanOf([...rows, { key: "next" }], edges)[1]).toBe(30_001)
})
