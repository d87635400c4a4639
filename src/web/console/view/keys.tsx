/** Shortcuts: single letters outside of text fields, as mail programs have them. */
import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import type { WordKey } from "../words/en.ts"
import { Dialog } from "./dialog.tsx"
import { useSurroundings } from "./surroundings.ts"

export type Shortcut =
  | "next"
  | "previous"
  | "search"
  | "reply"
  | "note"
  | "take"
  | "solve"
  | "pending"
  | "profile"
  | "close"
  | "help"

const KEYS: readonly (readonly [key: string, shortcut: Shortcut, label: WordKey])[] = [
  ["j", "next", "keys.next"],
  ["k", "previous", "keys.previous"],
  ["/", "search", "keys.search"],
  ["r", "reply", "keys.reply"],
  ["n", "note", "keys.note"],
  ["t", "take", "keys.take"],
  ["s", "solve", "keys.solve"],
  ["p", "pending", "keys.pending"],
  ["i", "profile", "keys.profile"],
  ["Escape", "close", "keys.close"],
  ["?", "help", "keys.help"],
]

const typesThere = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null

export function useShortcuts(run: (shortcut: Shortcut) => void): void {
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        event.defaultPrevented ||
        typesThere(event.target)
      )
        return
      const found = KEYS.find(([key]) => key === event.key)
      if (!found) return
      event.preventDefault()
      latest.current(found[1])
    }
    addEventListener("keydown", onKey)
    return () => removeEventListener("keydown", onKey)
  }, [])
}

export function KeysDialog({ onEnd }: { readonly onEnd: () => void }): JSX.Element {
  const { text } = useSurroundings()
  return (
    <Dialog title={text("keys.title")} onEnd={onEnd}>
      <dl class="keys">
        {KEYS.map(([key, shortcut, label]) => (
          <div key={shortcut}>
            <dt>
              <kbd>{key === "Escape" ? "Esc" : key}</kbd>
            </dt>
            <dd>{text(label)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
