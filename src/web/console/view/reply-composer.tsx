/** Where the agent writes: a reply that the person reads, or a note for colleagues. */
import type { JSX } from "preact"
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"
import { Icon } from "../../ui/icons.tsx"
import type { AgentView, InboxRow, Transcript } from "../agent-client/state.ts"
import { useSurroundings } from "./surroundings.ts"

interface Props {
  readonly state: AgentView
  readonly transcript: Transcript
  readonly row: InboxRow
  readonly name: string
}

const MOST_CHARACTERS = 4096
const TYPING_AGAIN_MS = 5_000
const TALLEST_PX = 220

export function Composer({ state, transcript, row, name }: Props): JSX.Element {
  const { client, text } = useSurroundings()
  const { text: words, internal } = state.drafts.get(transcript.id) ?? { text: "", internal: false }
  const field = useRef<HTMLTextAreaElement>(null)
  const typedAt = useRef(0)
  // Keys may come faster than what they change is drawn: a note's first letter must not make it a reply.
  const mode = useRef(internal)
  mode.current = internal

  const stopTyping = (): void => {
    if (typedAt.current === 0) return
    typedAt.current = 0
    client.typing(transcript.id, false)
  }
  useEffect(() => stopTyping, [transcript.id])
  useLayoutEffect(() => {
    const { current } = field
    if (!current) return
    current.style.height = "auto"
    current.style.height = `${Math.min(TALLEST_PX, current.scrollHeight)}px`
  }, [words])

  const change = (next: string): void => {
    client.act({ type: "draft", conversationId: transcript.id, text: next, internal: mode.current })
    // That a note is written is not shown to the user.
    if (mode.current || next.trim() === "") stopTyping()
    else if (Date.now() - typedAt.current > TYPING_AGAIN_MS) {
      typedAt.current = Date.now()
      client.typing(transcript.id, true)
    }
  }
  const send = (): void => {
    if (field.current?.value.trim() === "") return
    typedAt.current = 0
    client.send()
    field.current?.focus()
  }
  const closed = row.ticket.status === "closed"
  return (
    <form
      class={internal ? "composer note" : "composer"}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {closed && <p class="composer-closed">{text("composer.closed", { name })}</p>}
      <fieldset class="composer-modes" aria-label={text("composer.mode")}>
        {[false, true].map((note) => (
          <button
            key={String(note)}
            id={note ? "mode-note" : "mode-reply"}
            type="button"
            class="composer-mode"
            aria-pressed={internal === note}
            onClick={() => {
              mode.current = note
              change(field.current?.value ?? words)
              field.current?.focus()
            }}
          >
            <Icon name={note ? "note" : "reply"} size={16} />
            {text(note ? "composer.note" : "composer.reply")}
          </button>
        ))}
        <span class="composer-hint" aria-hidden="true">
          {text("composer.keys")}
        </span>
      </fieldset>
      <div class="composer-field">
        <textarea
          id="composer"
          ref={field}
          rows={1}
          dir="auto"
          value={words}
          maxLength={MOST_CHARACTERS}
          placeholder={text(internal ? "composer.noteHint" : "composer.hint")}
          aria-label={text(internal ? "composer.noteHint" : "composer.label", { name })}
          onInput={(event) => change(event.currentTarget.value)}
          onBlur={stopTyping}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur()
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
            event.preventDefault()
            send()
          }}
        />
        <button type="submit" class="button" disabled={words.trim() === ""}>
          <Icon name={internal ? "note" : "send"} size={18} />
          <span>{text(internal ? "composer.addNote" : "composer.send")}</span>
        </button>
      </div>
    </form>
  )
}
