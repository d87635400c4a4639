/** Where the reader of a list is: at its end, where they stay as it grows, or at a line, which stays under their eyes. */
import {
  type Anchor,
  belowOf,
  keep,
  lastSeenRow,
  rowOf,
  scrolledSince,
  visibleRows,
} from "./scroll-anchors.ts"

export interface ScrollEvents {
  /** The reader is near the beginning of what is here. */
  readonly onNearStart?: () => void
  /** What is here goes on below, and the reader is near. */
  readonly onNearCut?: () => void
  /** Whether it goes on below: then the end of what is drawn is not the end. */
  readonly cut?: boolean
  readonly onEnd?: (atEnd: boolean) => void
  /** Other rows may be on the screen now than before. */
  readonly onMoved?: () => void
}

/** A reader within this distance of the end counts as being at the end. */
const END_PX = 48
const START_PX = 400
const CUT_PX = 400

export class Scroller {
  readonly #list: () => HTMLElement | null
  readonly #events: () => ScrollEvents
  #atEnd = true
  /** What `onEnd` was last called with. */
  #saidAtEnd = true
  /** Where it was scrolled to, and how high it was, when it was last looked at. */
  #lastTop = 0
  #lastHeight = 0
  #anchors: readonly Anchor[] = []

  constructor(list: () => HTMLElement | null, events: () => ScrollEvents) {
    this.#list = list
    this.#events = events
  }

  get atEnd(): boolean {
    return this.#atEnd
  }

  toEnd(): void {
    this.#atEnd = true
    this.#saidAtEnd = true
    this.#lastTop = 0
    this.#events().onEnd?.(true)
    this.restore()
  }

  /** For a button that goes when it was pressed: keys go on in the list, and not nowhere. */
  takeFocus(): void {
    this.#list()?.focus({ preventScroll: true })
  }

  /** Brings a row to the upper third, or so far below the upper edge; false if there is no such row. */
  toRow(key: string, belowTop?: number): boolean {
    const list = this.#list()
    const row = list && rowOf(list, key)
    if (!row) return false
    const below = belowTop ?? list.clientHeight / 3
    list.scrollTop += row.getBoundingClientRect().top - list.getBoundingClientRect().top - below
    this.look()
    this.#remember()
    return true
  }

  /** The last row that has been on the screen with its end, or above it. */
  get lastSeen(): string | undefined {
    const list = this.#list()
    return list ? lastSeenRow(list) : undefined
  }

  /** Checks again whether an edge is near, after rows were added above or below. */
  look(): void {
    const list = this.#list()
    if (!list) return
    const { cut = false, onEnd, onNearStart, onNearCut, onMoved } = this.#events()
    const below = belowOf(list)
    const wasAtEnd = this.#atEnd
    this.#atEnd = !cut && below < END_PX
    if (wasAtEnd && !this.#atEnd) this.#remember()
    this.#lastTop = list.scrollTop
    if (this.#atEnd !== this.#saidAtEnd) {
      this.#saidAtEnd = this.#atEnd
      onEnd?.(this.#atEnd)
    }
    if (list.scrollTop < START_PX) onNearStart?.()
    if (cut && below < CUT_PX) onNearCut?.()
    onMoved?.()
  }

  scrolled(): void {
    // Where a keyboard comes up, or a text grows that is being written, it is not the reader who scrolls.
    if (this.#list()?.clientHeight !== this.#lastHeight) this.restore()
    this.look()
    this.#remember()
  }

  /** Call before drawing: remembers where the rows that the reader sees are. */
  beforeDrawing(): void {
    const list = this.#list()
    if (list && this.#leaves(list)) this.#atEnd = false
    if (!this.#atEnd) this.#remember()
  }

  /** Call after drawing or a change of size: puts those rows back in their place. */
  restore(): void {
    const list = this.#list()
    if (!list) return
    if (this.#leaves(list)) this.#atEnd = false
    else if (this.#atEnd) list.scrollTop = list.scrollHeight
    else keep(list, this.#anchors, scrolledSince(list, this.#lastTop))
    this.#remember()
  }

  /** The reader has scrolled away from the end just now, and the browser has not said so yet. */
  #leaves(list: HTMLElement): boolean {
    return this.#atEnd && list.scrollTop < this.#lastTop - 1 && belowOf(list) >= END_PX
  }

  #remember(): void {
    const list = this.#list()
    if (!list) return
    // At the end there is nothing to keep in its place, and asking where rows stand costs a layout.
    this.#anchors = this.#atEnd ? [] : visibleRows(list)
    this.#lastTop = list.scrollTop
    this.#lastHeight = list.clientHeight
  }
}
