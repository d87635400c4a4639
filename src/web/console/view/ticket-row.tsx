/** One line of the inbox: who, what they said last, since when, and what is to know at a glance. */
import type { JSX } from "preact"
import type { AgentUser } from "../../../protocol/agent.ts"
import type { Message } from "../../../protocol/model.ts"
import { Avatar } from "../../ui/avatar.tsx"
import { CheckMark } from "../../ui/check-mark.tsx"
import { Icon } from "../../ui/icons.tsx"
import type { Translate } from "../../ui/texts.ts"
import { fullTime, shortTime } from "../../ui/times.ts"
import type { InboxRow } from "../agent-client/state.ts"
import type { WordKey } from "../words/en.ts"
import { userName } from "./names.ts"
import { useSurroundings } from "./surroundings.ts"

interface Props {
  readonly row: InboxRow
  readonly user: AgentUser | undefined
  readonly assignee: string | undefined
  readonly mine: boolean
  readonly typing: boolean
  /** Colleagues who have it open, by name. */
  readonly viewers: string
  readonly now: number
}

export function TicketRow({ row, user, assignee, mine, typing, viewers, now }: Props): JSX.Element {
  const { text, locale } = useSurroundings()
  const { ticket, unread } = row
  const name = userName(text, user)
  return (
    <div class={unread > 0 ? "ticket-row unread" : "ticket-row"}>
      <span class="ticket-row-face">
        <Avatar name={user?.profile.name} seed={user?.id ?? ticket.userId} size={40} />
        {user?.online && (
          <span class="online-dot" role="img" aria-label={text("list.online")} title={text("list.online")} />
        )}
      </span>
      <span class="ticket-row-who">
        <span class="ticket-row-name" dir="auto">
          {name}
        </span>
        {ticket.authenticated && <CheckMark label={text("verified")} size={14} />}
        <span class="ticket-row-time" title={fullTime(ticket.lastActivityAt, locale)}>
          {shortTime(ticket.lastActivityAt, now, locale)}
        </span>
      </span>
      <span class="ticket-row-what">
        {typing ? (
          <em class="ticket-row-typing">{text("list.typing")}</em>
        ) : (
          <span class="ticket-row-words" dir="auto">
            {row.lastMessage ? summary(text, row.lastMessage) : text("list.noWords")}
          </span>
        )}
        {unread > 0 && (
          <span class="count-badge" role="img" aria-label={text("list.unread", { count: unread })}>
            {unread > 99 ? "99+" : unread}
          </span>
        )}
      </span>
      <span class="ticket-row-facts">
        <span class={`status-tag ${ticket.status}`}>{text(`status.${ticket.status}`)}</span>
        {assignee !== undefined && (
          <span
            class={mine ? "ticket-row-assignee mine" : "ticket-row-assignee"}
            title={text("list.assigned", { name: assignee })}
          >
            <Icon name="user" size={13} /> {assignee}
          </span>
        )}
        {viewers !== "" && (
          <span class="ticket-row-viewers" title={text("list.here", { name: viewers })}>
            <Icon name="eye" size={14} /> {viewers}
          </span>
        )}
      </span>
    </div>
  )
}

/** The last message in a line. */
export function summary(text: Translate<WordKey>, { author, content, internal }: Message): string {
  const words = wordsOf(text, content)
  if (internal) return text("list.note", { text: words })
  return author.type === "agent" ? `↩ ${words}` : words
}

function wordsOf(text: Translate<WordKey>, content: Message["content"]): string {
  switch (content.type) {
    case "text":
      return content.text
    case "image":
      return content.name ?? text("log.image")
    case "file":
      return content.name ?? text("log.file")
    case "form":
      return content.fields.map(({ label }) => label).join(", ")
    case "formResponse":
      return content.fields.map(({ value }) => value).join(", ")
  }
}
