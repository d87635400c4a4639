/**
 * After a late sign-in one matter may have two tickets: the anonymous one, and one of the person it turned out to be.
 * The other active tickets are offered, with what was said there last, and joined by hand.
 */
import type { JSX } from "preact"
import { useMemo, useState } from "preact/hooks"
import { Icon } from "../../ui/icons.tsx"
import { RelativeTime } from "../../ui/relative-time.tsx"
import { otherActive } from "../agent-client/inbox-state.ts"
import { type AgentView, type InboxRow, isActive } from "../agent-client/state.ts"
import { Confirm } from "./dialog.tsx"
import { useSurroundings } from "./surroundings.ts"
import { summary } from "./ticket-row.tsx"

interface Props {
  readonly state: AgentView
  readonly row: InboxRow
  readonly userId: string
  readonly name: string
}

/** More would push the conversation off the screen; the profile lists them all. */
const MOST = 3

export function Duplicates({ state, row, userId, name }: Props): JSX.Element | null {
  const { client, text, locale } = useSurroundings()
  const [joining, setJoining] = useState<InboxRow | undefined>(undefined)
  const { rows, aliases } = state
  // Every key that is typed draws this again, and there may be ten thousand rows.
  const others = useMemo(
    () => otherActive({ rows, aliases }, row.ticket.id, userId),
    [rows, aliases, row.ticket.id, userId],
  )
  // Two tickets of one conversation are no duplicates: the second began when the first was over.
  const apart = others.filter(({ ticket }) => ticket.conversationId !== row.ticket.conversationId)
  if (apart.length === 0 || !isActive(row.ticket)) return null
  const words =
    apart.length === 1
      ? text("duplicates.one", { name })
      : text("duplicates.many", { name, count: apart.length })
  return (
    <section class="duplicates" aria-label={words}>
      <p class="duplicates-words">
        <Icon name="merge" size={18} />
        {words}
      </p>
      <ul>
        {apart.slice(0, MOST).map((other) => (
          <li key={other.ticket.id}>
            <span class={`status-tag ${other.ticket.status}`}>{text(`status.${other.ticket.status}`)}</span>
            <span class="duplicates-summary" dir="auto">
              {other.lastMessage ? summary(text, other.lastMessage) : other.ticket.id}
            </span>
            <span class="duplicates-time">
              <RelativeTime at={other.ticket.lastActivityAt} locale={locale} />
            </span>
            <button
              type="button"
              class="button quiet small"
              onClick={() => client.act({ type: "open", ticketId: other.ticket.id })}
            >
              {text("duplicates.look")}
            </button>
            <button
              type="button"
              class="button small"
              disabled={state.changing.has(other.ticket.id)}
              onClick={() => setJoining(other)}
            >
              {text("duplicates.join")}
            </button>
          </li>
        ))}
      </ul>
      {joining && (
        <Confirm
          title={text("duplicates.title")}
          words={text("duplicates.words")}
          yes={text("duplicates.do")}
          onYes={() =>
            client.act({
              type: "join",
              survivingTicketId: row.ticket.id,
              discardedTicketId: joining.ticket.id,
            })
          }
          onEnd={() => setJoining(undefined)}
        />
      )}
    </section>
  )
}
