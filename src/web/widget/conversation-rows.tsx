/** What is drawn of a conversation: its days, its messages with how far they have come, and who is writing now. */
import type { JSX } from "preact"
import { useEffect, useRef, useState } from "preact/hooks"
import type { Author } from "../../protocol/model.ts"
import { kept } from "../ui/kept-part.tsx"
import { useNow } from "../ui/now.ts"
import type { TimelineRow } from "../ui/timeline-rows.ts"
import { dayName } from "../ui/times.ts"
import type { ChatConversation, ChatModel, Said } from "./chat-model.ts"
import { answerTo, type ChatEntry, lastOwn } from "./entries.ts"
import { type Arrival, type Delivery, MessageRow } from "./message-row.tsx"
import { useSurroundings } from "./window-context.ts"

interface Props {
  readonly rows: readonly TimelineRow<ChatEntry>[]
  /** All entries of the conversation, also those that are not drawn. */
  readonly entries: readonly ChatEntry[]
  readonly conversation: ChatConversation | undefined
  readonly model: ChatModel
  /** An older page is on its way. */
  readonly paging: boolean
  readonly onAnswer: (response: Said) => void
}

const KeptRow = kept(MessageRow, "arrival")

export function Rows({ rows, entries, conversation, model, paging, onAnswer }: Props): JSX.Element {
  const { words, locale } = useSurroundings()
  const now = useNow(60_000)
  const arrivalOf = useArrivals(entries, paging)
  const own = lastOwn(entries)
  const latest = useRef(onAnswer)
  latest.current = onAnswer
  const [sayAnswer] = useState(() => (response: Said) => latest.current(response))
  const [typist] = conversation ? (model.typing[conversation.id] ?? []) : []
  return (
    <div class="rows">
      {rows.map((row) =>
        row.kind === "day" ? (
          <div key={row.key} class="day">
            {dayName(row.at, now, locale)}
          </div>
        ) : row.kind === "new" ? (
          <div key={row.key} class="new-line">
            <span>{words("newMessages")}</span>
          </div>
        ) : (
          <KeptRow
            key={row.key}
            entry={row.entry}
            first={row.first}
            last={row.last}
            arrival={arrivalOf(row.entry)}
            delivery={row.entry === own ? deliveryOf(row.entry, conversation, model) : undefined}
            answer={
              row.entry.content.type === "form" && row.entry.message
                ? answerTo(entries, row.entry.message.id)
                : undefined
            }
            onAnswer={sayAnswer}
          />
        ),
      )}
      {typist && <Typing author={typist} />}
    </div>
  )
}

function Typing({ author: { name, type } }: { readonly author: Author }): JSX.Element {
  const { words } = useSurroundings()
  return (
    <div class="typing">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span class="typing-words">
        {words("typingOne", { name: name ?? words(type === "bot" ? "bot" : "agent") })}
      </span>
    </div>
  )
}

function deliveryOf(
  { message, outgoing }: ChatEntry,
  conversation: ChatConversation | undefined,
  { line }: ChatModel,
): Delivery {
  if (outgoing) return line === "live" || line === "starting" ? "sending" : "waiting"
  return message && conversation && message.position <= conversation.readTo.business ? "seen" : "sent"
}

/** How a row appears: one that was not drawn before is animated, unless it is of a page that the reader asked for. */
function useArrivals(entries: readonly ChatEntry[], paging: boolean): (entry: ChatEntry) => Arrival {
  const known = useRef(new Set<string>())
  const before = known.current
  const wasPaging = useRef(paging)
  const newest = entries.findLastIndex(({ key }) => before.has(key))
  useEffect(() => {
    for (const { key } of entries) known.current.add(key)
  }, [entries])
  useEffect(() => {
    wasPaging.current = paging
  })
  return (entry) => {
    if (before.size === 0 || before.has(entry.key)) return "none"
    if (entries.indexOf(entry) > newest) return "pop"
    return paging || wasPaging.current ? "none" : "slide"
  }
}
