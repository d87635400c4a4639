/** A dialog over the page: focus stays within, Escape ends it, and focus goes back to where it was. */
import type { ComponentChildren, JSX } from "preact"
import { useEffect, useId, useRef } from "preact/hooks"
import { trapFocus } from "../../ui/focus-trap.ts"
import { Icon } from "../../ui/icons.tsx"
import { useSurroundings } from "./surroundings.ts"

interface Props {
  readonly title: string
  readonly children: ComponentChildren
  readonly onEnd: () => void
}

export function Dialog({ title, children, onEnd }: Props): JSX.Element {
  const { text } = useSurroundings()
  const box = useRef<HTMLDivElement>(null)
  const id = useId()
  useEffect(() => {
    const { current } = box
    if (!current) return
    const end = trapFocus(current)
    current.focus()
    return end
  }, [])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a click beside the dialog is a convenience; Escape and the button are the way
    <div class="dialog-shade" onMouseDown={(event) => event.target === event.currentTarget && onEnd()}>
      <div
        class="dialog"
        ref={box}
        role="dialog"
        aria-modal="true"
        aria-labelledby={id}
        tabIndex={-1}
        onKeyDown={(event) => {
          // Keys pressed in the dialog must not reach the console's shortcuts.
          event.stopPropagation()
          if (event.key === "Escape") onEnd()
        }}
      >
        <header class="dialog-header">
          <h2 id={id}>{title}</h2>
          <button type="button" class="icon-button" aria-label={text("dialog.close")} onClick={onEnd}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </div>
  )
}

interface ConfirmProps {
  readonly title: string
  readonly words: string
  readonly yes: string
  readonly onYes: () => void
  readonly onEnd: () => void
  readonly children?: ComponentChildren
}

export function Confirm({ title, words, yes, onYes, onEnd, children }: ConfirmProps): JSX.Element {
  const { text } = useSurroundings()
  return (
    <Dialog title={title} onEnd={onEnd}>
      <p class="dialog-words">{words}</p>
      {children}
      <footer class="dialog-footer">
        <button type="button" class="button quiet" onClick={onEnd}>
          {text("dialog.cancel")}
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            onYes()
            onEnd()
          }}
        >
          {yes}
        </button>
      </footer>
    </Dialog>
  )
}
