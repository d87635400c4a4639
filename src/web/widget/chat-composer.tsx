/** The field to write in. Enter sends, Shift and Enter begins a line; on a touch keyboard Enter begins a line. */
import type { JSX } from "preact"
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import { Drawing } from "../ui/drawing.tsx"
import { oncePerFrame } from "../ui/frame.ts"
import { SEND } from "../ui/icon-paths.ts"
import { useSurroundings } from "./window-context.ts"

const MOST_CHARACTERS = 4096
const TALLEST_PX = 132

/** As high as what is typed, up to a few lines. */
function grow(field: HTMLTextAreaElement | null): void {
  if (!field) return
  field.style.height = "auto"
  field.style.height = `${Math.min(field.scrollHeight, TALLEST_PX)}px`
}

export function Composer({
  name,
  disabled,
  onSend,
  onTyping,
}: {
  /** The key that its draft is kept under. */
  readonly name: string
  readonly disabled: boolean
  /** @returns `false` if the message could not be sent: the text then stays in the field */
  readonly onSend: (text: string) => Promise<boolean>
  readonly onTyping: (active: boolean) => void
}): JSX.Element {
  const { words, drafts } = useSurroundings()
  const [text, setText] = useState(drafts.get(name))
  const [busy, setBusy] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const excess = [...text].length - MOST_CHARACTERS
  const sayable = text.trim() !== "" && excess <= 0 && !busy && !disabled

  useLayoutEffect(() => grow(field.current), [text])
  // A phone is turned: in the next frame the field has its new width.
  useEffect(() => {
    const turned = oncePerFrame(() => grow(field.current))
    addEventListener("resize", turned)
    return () => removeEventListener("resize", turned)
  }, [])

  // The draft of before a reload is shown once it is known whose it is.
  useEffect(() => setText((now) => now || drafts.get(name)), [drafts.found])

  const write = (next: string): void => {
    setText(next)
    drafts.set(name, next)
    onTyping(next.trim() !== "")
  }
  const send = async (): Promise<void> => {
    if (!sayable) return
    setBusy(true)
    write("")
    if (!(await onSend(text.trim()))) write(text)
    setBusy(false)
    field.current?.focus({ preventScroll: true })
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
    if (matchMedia("(pointer: coarse)").matches) return
    event.preventDefault()
    void send()
  }

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      {excess > 0 && (
        <p class="composer-hint" role="status">
          {words("tooLong", { count: excess })}
        </p>
      )}
      <div class="composer-row">
        <textarea
          ref={field}
          rows={1}
          // Of an empty field the direction is that of its placeholder.
          {...(text !== "" && { dir: "auto" as const })}
          value={text}
          disabled={disabled}
          placeholder={words("write")}
          aria-label={words("writeLabel")}
          aria-invalid={excess > 0}
          enterkeyhint="enter"
          data-focus-first
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={onKey}
          onBlur={() => onTyping(false)}
        />
        <button
          type="submit"
          class="send"
          disabled={!sayable}
          aria-label={words("send")}
          title={words("send")}
        >
          <Drawing path={SEND} turned size={20} />
        </button>
      </div>
    </form>
  )
}
