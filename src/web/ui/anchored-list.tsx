/**
 * A list that is read from its end and grows at any place: pages come in above, messages below, a merged history in
 * between. A reader at the end stays at the end; a reader elsewhere keeps the line under their eyes where it is.
 *
 * What is said carries `data-row`, a key that stays its own. Lines for days do not: one of them stands somewhere else
 * when an older message of that day comes in. The style sheet turns the browser's own anchoring off.
 */
import type { ComponentChildren, JSX, Ref } from "preact"
import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from "preact/hooks"
import { type ScrollEvents, Scroller } from "./scroller.ts"

interface Props extends ScrollEvents {
  readonly children: ComponentChildren
  /** Filled with the list's scroller, for the component around it. */
  readonly scroller: Ref<Scroller>
  readonly label: string
}

export function AnchoredList(props: Props): JSX.Element {
  const { children, label } = props
  const list = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  latest.current = props
  const [scroller] = useState(
    () =>
      new Scroller(
        () => list.current,
        () => latest.current,
      ),
  )

  scroller.beforeDrawing()
  useLayoutEffect(() => scroller.restore())

  // What is in the list may change its size by itself, and the list's own changes where a keyboard comes up.
  useEffect(() => {
    if (!list.current || !content.current) return
    const observer = new ResizeObserver(() => scroller.restore())
    observer.observe(list.current)
    observer.observe(content.current)
    scroller.look()
    return () => observer.disconnect()
  }, [])

  useImperativeHandle(props.scroller, () => scroller, [])

  return (
    <div
      class="anchored-list"
      ref={list}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by the keyboard
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={label}
      onScroll={() => scroller.scrolled()}
    >
      <div ref={content}>{children}</div>
    </div>
  )
}
