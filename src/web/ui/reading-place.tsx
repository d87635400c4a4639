/**
 * A list that is read from its end and grows at any place: pages come in above, messages below, a merged history in
 * between. A reader at the end stays at the end; a reader elsewhere keeps the line under their eyes where it is.
 *
 * What is said carries `data-row`, a key that stays its own. Lines for days do not: one of them stands somewhere else
 * when an older message of that day comes in. The style sheet turns the browser's own anchoring off.
 */
import type { ComponentChildren, JSX, Ref } from "preact"
import { useEffect, useImperativeHandle, useLayoutEffect, useRef } from "preact/hooks"

export interface Place {
  toEnd(): void
  /** Brings a row to the upper third; false if there is no such row. */
  toRow(key: string): boolean
  /** Looks anew what is near: something was put above or below. */
  look(): void
  readonly atEnd: boolean
}

interface Props {
  readonly children: ComponentChildren
  /** How to speak to the list from outside. */
  readonly place: Ref<Place>
  readonly label: string
  /** The reader is near the beginning of what is here. */
  readonly onNearStart?: () => void
  /** What is here goes on below, and the reader is near. */
  readonly onNearCut?: () => void
  /** Whether it goes on below: then the end of what is drawn is not the end. */
  readonly cut?: boolean
  readonly onEnd?: (atEnd: boolean) => void
}

/** So near counts as being there. */
const END_PX = 48
const START_PX = 400
const CUT_PX = 400

type Anchor = readonly [key: string, top: number]

export function ReadingPlace(props: Props): JSX.Element {
  const { children, place, label } = props
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const toldEnd = useRef(true)
  /** Where it was scrolled to, and how high it was, when it was last looked at. */
  const lastTop = useRef(0)
  const lastHeight = useRef(0)
  const anchors = useRef<readonly Anchor[]>([])
  const latest = useRef(props)
  latest.current = props

  const remember = (): void => {
    const { current: list } = scroller
    if (!list) return
    anchors.current = visibleRows(list)
    lastTop.current = list.scrollTop
    lastHeight.current = list.clientHeight
  }
  /** The reader has scrolled away from the end just now, and the browser has not said so yet. */
  const leaves = (list: HTMLElement): boolean =>
    atEnd.current && list.scrollTop < lastTop.current - 1 && belowOf(list) >= END_PX
  const restore = (): void => {
    const { current: list } = scroller
    if (!list) return
    if (leaves(list)) atEnd.current = false
    else if (atEnd.current) list.scrollTop = list.scrollHeight
    else keep(list, anchors.current, scrolledSince(list, lastTop.current))
    remember()
  }
  const look = (): void => {
    const { current: list } = scroller
    if (!list) return
    const { cut = false } = latest.current
    const below = belowOf(list)
    const ends = !cut && below < END_PX
    atEnd.current = ends
    lastTop.current = list.scrollTop
    if (ends !== toldEnd.current) {
      toldEnd.current = ends
      latest.current.onEnd?.(ends)
    }
    if (list.scrollTop < START_PX) latest.current.onNearStart?.()
    if (cut && below < CUT_PX) latest.current.onNearCut?.()
  }

  // Before anything is drawn anew: where is what the reader looks at?
  if (scroller.current && leaves(scroller.current)) atEnd.current = false
  if (!atEnd.current) remember()
  useLayoutEffect(restore)

  // Whatever changes its size by itself, and the list's own (a keyboard comes up).
  useEffect(() => {
    const { current: list } = scroller
    if (!list || !content.current) return
    const observer = new ResizeObserver(restore)
    observer.observe(list)
    observer.observe(content.current)
    look()
    return () => observer.disconnect()
  }, [])

  useImperativeHandle(place, () => ({
    look,
    get atEnd() {
      return atEnd.current
    },
    toEnd() {
      atEnd.current = true
      toldEnd.current = true
      lastTop.current = 0
      latest.current.onEnd?.(true)
      restore()
    },
    toRow(key) {
      const { current: list } = scroller
      const row = list && rowOf(list, key)
      if (!row) return false
      list.scrollTop +=
        row.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientHeight / 3
      look()
      remember()
      return true
    },
  }))

  return (
    <div
      class="reading-place"
      ref={scroller}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by the keyboard
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={label}
      onScroll={() => {
        // Where a keyboard comes up, or a text grows that is being written, it is not the reader who scrolls.
        if (scroller.current?.clientHeight !== lastHeight.current) restore()
        look()
        remember()
      }}
    >
      <div ref={content}>{children}</div>
    </div>
  )
}

const belowOf = (list: HTMLElement): number => list.scrollHeight - list.scrollTop - list.clientHeight

function rowOf(list: HTMLElement, key: string): HTMLElement | undefined {
  return rowsIn(list).find((row) => row.dataset.row === key)
}

/** They stand side by side, so there is no need to look into each of them. */
const rowsIn = (list: HTMLElement): HTMLElement[] => {
  const beside = list.querySelector("[data-row]")?.parentElement?.children ?? []
  return [...beside].filter(
    (row): row is HTMLElement => row instanceof HTMLElement && row.dataset.row !== undefined,
  )
}

/** Rows stand in their order, so the first one that can be seen is found by halving. */
function visibleRows(list: HTMLElement): readonly Anchor[] {
  const { top, bottom } = list.getBoundingClientRect()
  const rows = rowsIn(list)
  let [from, to] = [0, rows.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) > top) to = middle
    else from = middle + 1
  }
  const anchors: Anchor[] = []
  for (const row of rows.slice(from)) {
    const box = row.getBoundingClientRect()
    if (box.top >= bottom) break
    anchors.push([row.dataset.row ?? "", box.top - top])
  }
  return anchors
}

/** How far the reader has scrolled since; what became shorter than it was scrolled to is no scrolling. */
const scrolledSince = (list: HTMLElement, top: number): number =>
  belowOf(list) < 1 ? 0 : list.scrollTop - top

/** Scrolls so that the first of the rows that is still there stands where it stood, less what the reader has scrolled. */
function keep(list: HTMLElement, anchors: readonly Anchor[], scrolled: number): void {
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
