/**
 * A list of any length of which only what can be seen is drawn. Rows are of one height; a listbox for the keyboard and
 * for screen readers, which are told how long it is and where in it they are.
 */
import type { JSX } from "preact"
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import { useHeldOrder } from "./held-order.ts"
import { rowsMoved } from "./rows-moved.ts"

interface Props<T> {
  readonly items: readonly T[]
  readonly keyOf: (item: T) => string
  readonly rowHeight: number
  readonly label: string
  readonly selected: string | undefined
  readonly onSelect: (key: string) => void
  /** The reader is near the end of the fetched rows. */
  readonly onNearEnd?: () => void
  readonly busy?: boolean
  readonly children: (item: T) => JSX.Element
}

/** Rows beyond the edges, so that scrolling shows no blanks. */
const BEYOND = 6
const NEAR_END_ROWS = 20

const rowId = (key: string): string => `row-${key}`

export function VirtualList<T>(props: Props<T>): JSX.Element {
  const { keyOf, rowHeight, label, selected, onSelect, onNearEnd, busy = false, children } = props
  const { items, hold } = useHeldOrder(props.items, keyOf)
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 800 })

  const measure = (): void => {
    const { current } = box
    if (!current) return
    const { scrollTop: top, clientHeight: height } = current
    setView((before) => (before.top === top && before.height === height ? before : { top, height }))
  }
  useLayoutEffect(() => {
    const { current } = box
    if (!current) return
    const observer = new ResizeObserver(measure)
    observer.observe(current)
    measure()
    return () => observer.disconnect()
  }, [])

  const index = items.findIndex((item) => keyOf(item) === selected)
  // Rows that come in above must not move those that are read; at the very top they are what the agent waits for, and move
  // the list only as far as the selected row would leave the view.
  const drawn = useRef(items)
  const shownFor = useRef(selected)
  useLayoutEffect(() => {
    const { current } = box
    const before = drawn.current
    drawn.current = items
    if (!current || before === items) return
    // As it was measured: to ask the page now would cost a layout for every message that comes.
    const fits = (at: number): boolean => at !== -1 && (at + 1) * rowHeight <= view.height
    const leaves = (): boolean => !fits(index) && fits(before.findIndex((item) => keyOf(item) === selected))
    if (view.top === 0 && (index === -1 || shownFor.current !== selected || !leaves())) return
    const { scrollTop: top, clientHeight: height } = current
    const seen = { first: Math.floor(top / rowHeight), count: Math.ceil(height / rowHeight) }
    const moved = rowsMoved(before.map(keyOf), items.map(keyOf), seen) * rowHeight
    current.scrollTop += top === 0 ? Math.min(moved, (index + 1) * rowHeight - height) : moved
    measure()
  }, [items, rowHeight])

  const from = Math.max(0, Math.floor(view.top / rowHeight) - BEYOND)
  const to = Math.min(items.length, Math.ceil((view.top + view.height) / rowHeight) + BEYOND)
  const nearEnd = to >= items.length - NEAR_END_ROWS
  useEffect(() => {
    if (nearEnd) onNearEnd?.()
  }, [nearEnd, items.length, onNearEnd])

  // A row that a key selects is brought into view. A selected row that moves by itself does not scroll the list.
  useLayoutEffect(() => {
    const { current } = box
    if (!current || index === -1 || shownFor.current === selected) return
    shownFor.current = selected
    const [top, bottom] = [index * rowHeight, (index + 1) * rowHeight]
    if (top < current.scrollTop) current.scrollTop = top
    else if (bottom > current.scrollTop + current.clientHeight)
      current.scrollTop = bottom - current.clientHeight
  }, [selected, index, rowHeight])

  const onKeyDown = (event: KeyboardEvent): void => {
    const step = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 8,
      PageUp: -8,
      Home: -items.length,
      End: items.length,
    }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = items[Math.max(0, Math.min(items.length - 1, index + step))]
    if (next) onSelect(keyOf(next))
  }

  return (
    <div
      class="virtual-list"
      ref={box}
      role="listbox"
      tabIndex={0}
      aria-label={label}
      aria-busy={busy}
      aria-activedescendant={index >= from && index < to && selected ? rowId(selected) : undefined}
      onScroll={measure}
      onPointerMove={hold}
      onPointerDown={hold}
      onKeyDown={onKeyDown}
    >
      <div class="virtual-list-all" role="presentation" style={{ height: `${items.length * rowHeight}px` }}>
        {items.slice(from, to).map((item, offset) => {
          const key = keyOf(item)
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox around it has the keys
            <div
              key={key}
              id={rowId(key)}
              class="virtual-list-row"
              role="option"
              tabIndex={-1}
              aria-selected={key === selected}
              aria-posinset={from + offset + 1}
              aria-setsize={items.length}
              style={{ height: `${rowHeight}px`, transform: `translateY(${(from + offset) * rowHeight}px)` }}
              onClick={() => onSelect(key)}
            >
              {children(item)}
            </div>
          )
        })}
      </div>
    </div>
  )
}
