/** One message: its author, its content, and of one's own whether it was sent and read. */
import type { JSX } from "preact"
import { useState } from "preact/hooks"
import type { Content } from "../../protocol/model.ts"
import { Avatar } from "../ui/avatar.tsx"
import { Drawing } from "../ui/drawing.tsx"
import { ALERT, CHECK, CHECKS, CLOCK } from "../ui/icon-paths.ts"
import { MessageContent } from "../ui/message-content.tsx"
import { clockTime, fullTime } from "../ui/times.ts"
import type { ChatEntry } from "./entries.ts"
import { FormCard } from "./form-card.tsx"
import { useSurroundings } from "./window-context.ts"

/** How a row that was not there before comes in: at the end, or between others, as a merged history does. */
export type Arrival = "none" | "pop" | "slide"

export type Delivery = "waiting" | "sending" | "sent" | "seen"

interface Props {
  readonly entry: ChatEntry
  readonly first: boolean
  readonly last: boolean
  readonly arrival: Arrival
  /** How far the last of the user's own messages got. */
  readonly delivery: Delivery | undefined
  readonly answer: Extract<Content, { type: "formResponse" }> | undefined
  readonly onAnswer: (response: Extract<Content, { type: "formResponse" }>) => void
}

export function MessageRow({ entry, first, last, arrival, delivery, answer, onAnswer }: Props): JSX.Element {
  const { words, locale } = useSurroundings()
  // Fixed when the row comes: a movement that was begun is not begun again.
  const [came] = useState(arrival)
  const { own, author, at, content, outgoing, message } = entry
  const name = own ? words("you") : (author.name ?? words(author.type === "bot" ? "bot" : "agent"))
  const classes = ["row", own ? "own" : "other", came, first && "first", last && "last", outgoing?.state]
  return (
    <article
      class={classes.filter(Boolean).join(" ")}
      data-row={entry.key}
      aria-label={`${name}, ${clockTime(at, locale)}`}
    >
      {!own && (
        <span class="row-avatar">
          {last && <Avatar name={author.name} seed={author.id ?? name} size={30} />}
        </span>
      )}
      <div class="row-main">
        {!own && first && <bdi class="row-name">{name}</bdi>}
        <div class={`bubble ${content.type}`} title={fullTime(at, locale)}>
          {content.type === "form" && message ? (
            <FormCard formId={message.id} form={content} answer={answer} onAnswer={onAnswer} />
          ) : (
            <MessageContent
              content={content}
              locale={locale}
              words={{ image: words("image"), file: words("file") }}
            />
          )}
        </div>
        <Foot entry={entry} last={last} delivery={delivery} />
      </div>
    </article>
  )
}

function Foot({ entry, last, delivery }: Pick<Props, "entry" | "last" | "delivery">): JSX.Element | null {
  const { chat, words, locale } = useSurroundings()
  const { outgoing, at } = entry
  if (outgoing?.state === "failed")
    return (
      <div class="row-failed">
        <span class="row-failed-words">
          <Drawing path={ALERT} size={14} />
          {words(outgoing.code === "conversation_locked" ? "full" : "failed")}
        </span>
        <button type="button" onClick={() => chat.retry(outgoing.localId)}>
          {words("retry")}
        </button>
        <button type="button" onClick={() => chat.remove(outgoing.localId)}>
          {words("remove")}
        </button>
      </div>
    )
  if (!last && delivery === undefined) return null
  return (
    <div class="row-foot">
      {!outgoing && <time dateTime={new Date(at).toISOString()}>{clockTime(at, locale)}</time>}
      {delivery !== undefined && (
        <span class={`delivery ${delivery}`}>
          {delivery === "seen" && <Drawing path={CHECKS} size={14} />}
          {delivery === "sent" && <Drawing path={CHECK} size={14} />}
          {(delivery === "sending" || delivery === "waiting") && <Drawing path={CLOCK} size={13} />}
          {words(delivery)}
        </span>
      )}
    </div>
  )
}
