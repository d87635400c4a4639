/** One row of a conversation: a message, a day, or what became of the person at that point. */
import type { JSX } from "preact"
import type { Message } from "../../../protocol/model.ts"
import { CheckMark } from "../../ui/check-mark.tsx"
import { Icon } from "../../ui/icons.tsx"
import { kept } from "../../ui/kept-part.tsx"
import { MessageContent } from "../../ui/message-content.tsx"
import { useNow } from "../../ui/now.ts"
import { LinkedText } from "../../ui/safe-link.tsx"
import type { Translate } from "../../ui/texts.ts"
import { clockTime, dayName, fullTime } from "../../ui/times.ts"
import type { AgentView, OutgoingReply } from "../agent-client/state.ts"
import type { TimelineItem } from "../agent-client/timeline-state.ts"
import type { WordKey } from "../words/en.ts"
import { agentName } from "./names.ts"
import { useSurroundings } from "./surroundings.ts"

interface Props {
  readonly entry: TimelineItem
  readonly state: AgentView
  /** Of the person who wrote in. */
  readonly name: string
  /** The last thing of ours that they have read. */
  readonly seen: boolean
}

export function EntryRow({ entry, state, name, seen }: Props): JSX.Element {
  const { text } = useSurroundings()
  switch (entry.kind) {
    case "day":
      return <Day at={entry.at} />
    case "unread":
      return (
        <div class="entry-line new" data-row={entry.key}>
          <span>{text("log.new")}</span>
        </div>
      )
    case "identity":
    case "joined":
      return <IdentityLine entry={entry} name={name} />
    case "message": {
      const { message, continues } = entry
      return (
        <KeptRow
          message={message}
          continues={continues}
          who={whoOf(text, message, state, name)}
          seen={seen}
        />
      )
    }
    case "outgoing":
      return <OutgoingRow outgoing={entry.outgoing} name={name} live={state.connection.state === "live"} />
  }
}

/** Without `data-row`: it stands elsewhere when an earlier message of that day comes in (`anchored-list.tsx`). */
function Day({ at }: { readonly at: number }): JSX.Element {
  const { locale } = useSurroundings()
  const now = useNow()
  return (
    <div class="entry-line">
      <span>{dayName(at, now, locale)}</span>
    </div>
  )
}

function IdentityLine({
  entry,
  name,
}: {
  readonly entry: Extract<TimelineItem, { kind: "identity" | "joined" }>
  readonly name: string
}): JSX.Element {
  const { text, locale } = useSurroundings()
  const words =
    entry.kind === "joined"
      ? text("log.joined")
      : entry.change.kind === "upgraded"
        ? text("log.upgraded", { name })
        : text("log.merged", { name, by: text(`log.by.${entry.change.reason}`) })
  const merged = entry.kind === "identity" && entry.change.kind === "merged"
  const former = [merged ? entry.change.discardedId : undefined, entry.ticketId].filter(
    (id) => id !== undefined,
  )
  return (
    <div class="identity-line" data-row={entry.key}>
      {entry.kind === "identity" && entry.change.kind === "upgraded" ? (
        <CheckMark label={text("verified")} size={18} />
      ) : (
        <Icon name="merge" size={18} />
      )}
      <p>
        {words}{" "}
        <span class="identity-line-facts">
          <time dateTime={new Date(entry.at).toISOString()} title={fullTime(entry.at, locale)}>
            {clockTime(entry.at, locale)}
          </time>
          {former.length > 0 && <code>{text("log.was", { id: former.join(", ") })}</code>}
        </span>
      </p>
    </div>
  )
}

interface MessageProps {
  readonly message: Message
  readonly continues: boolean
  readonly who: string
  readonly seen: boolean
}

function whoOf(
  text: Translate<WordKey>,
  { author: { type, id, name: said } }: Message,
  state: AgentView,
  name: string,
): string {
  if (type === "user") return name
  if (type === "bot") return said ?? text("log.bot")
  return id === state.agent?.id ? text("you") : (said ?? agentName(text, state, id))
}

function MessageRow({ message, continues, who, seen }: MessageProps): JSX.Element {
  const { text, locale } = useSurroundings()
  const { author, internal } = message
  const side = internal ? "note" : author.type === "user" ? "theirs" : author.type === "bot" ? "bot" : "ours"
  const words = { image: text("log.image"), file: text("log.file") }
  return (
    <article class={`entry ${side}${continues ? " continues" : ""}`} data-row={message.id} aria-label={who}>
      {!continues && (
        <p class="entry-who">
          {internal && <Icon name="note" size={14} />}
          <span dir="auto">{internal ? `${text("log.note")} · ${who}` : who}</span>
        </p>
      )}
      <div class="bubble">
        <MessageContent content={message.content} locale={locale} words={words} />
      </div>
      <p class="entry-facts">
        {message.authenticated && <CheckMark label={text("verified.message")} size={13} />}
        <time
          dateTime={new Date(message.receivedAt).toISOString()}
          title={fullTime(message.receivedAt, locale)}
        >
          {clockTime(message.receivedAt, locale)}
        </time>
        {seen && (
          <span class="entry-seen">
            <Icon name="checks" size={14} /> {text("log.seen")}
          </span>
        )}
      </p>
    </article>
  )
}

const KeptRow = kept(MessageRow)

interface OutgoingProps {
  readonly outgoing: OutgoingReply
  readonly name: string
  readonly live: boolean
}

function OutgoingRow({ outgoing, name, live }: OutgoingProps): JSX.Element {
  const { client, text } = useSurroundings()
  const { localId, state, internal, error } = outgoing
  const waits = state === "sending"
  return (
    <article
      class={`entry ${internal ? "note" : "ours"} outgoing ${state}`}
      data-row={localId}
      aria-label={text("you")}
    >
      <div class="bubble">
        <p class="words" dir="auto">
          <LinkedText text={outgoing.text} />
        </p>
      </div>
      {waits ? (
        <p class="entry-facts">
          <Icon name="clock" size={13} /> {text(live ? "log.sending" : "log.waiting")}
        </p>
      ) : (
        <div class="entry-problem" role="alert">
          <Icon name="alert" size={16} />
          <p>
            {state === "overtaken"
              ? text("log.overtaken", { name })
              : text("log.failed", { reason: error?.message ?? "" })}
          </p>
          <button type="button" class="button small" onClick={() => client.act({ type: "resend", localId })}>
            {text(state === "overtaken" ? "log.sendAnyway" : "log.retry")}
          </button>
          <button
            type="button"
            class="button quiet small"
            onClick={() => client.act({ type: "discard", localId })}
          >
            {text("log.edit")}
          </button>
        </div>
      )}
    </article>
  )
}
