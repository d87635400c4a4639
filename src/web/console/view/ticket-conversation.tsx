/** The third column: one ticket with its conversation. */
import type { JSX } from "preact"
import { Icon } from "../../ui/icons.tsx"
import type { AgentView } from "../agent-client/state.ts"
import { Duplicates } from "./duplicates.tsx"
import { History } from "./history.tsx"
import { userName } from "./names.ts"
import { TicketNotices } from "./notice-bars.tsx"
import { Composer } from "./reply-composer.tsx"
import { useSurroundings } from "./surroundings.ts"
import { TicketHeader } from "./ticket-header.tsx"

interface Props {
  readonly state: AgentView
  readonly profile: boolean
  readonly onProfile: () => void
}

export function Conversation({ state, profile, onProfile }: Props): JSX.Element {
  const { text } = useSurroundings()
  const { opened, rows, users, transcripts } = state
  if (!opened) return <Nothing words={text("ticket.none")} hint={text("ticket.noneHint")} />
  if (opened.missing) return <Nothing words={text("ticket.missing")} />
  const row = rows.get(opened.ticketId)
  const user = opened.userId === undefined ? undefined : users.get(opened.userId)
  const transcript = opened.conversationId === undefined ? undefined : transcripts.get(opened.conversationId)
  const name = userName(text, user)
  return (
    <main class="conversation" aria-label={text("ticket.label", { name })}>
      <TicketHeader state={state} row={row} user={user} profile={profile} onProfile={onProfile} />
      <TicketNotices state={state} ticketId={opened.ticketId} />
      {row && user && <Duplicates state={state} row={row} userId={user.id} name={name} />}
      {transcript && row ? (
        <History key={opened.ticketId} state={state} transcript={transcript} row={row} name={name} />
      ) : (
        <div class="history-loading" role="status">
          {text("list.loading")}
        </div>
      )}
      {transcript && row && (
        <Composer key={transcript.id} state={state} transcript={transcript} row={row} name={name} />
      )}
    </main>
  )
}

function Nothing({ words, hint }: { readonly words: string; readonly hint?: string }): JSX.Element {
  return (
    <main class="conversation nothing">
      <Icon name="inbox" size={44} />
      <h1 class="nothing-words">{words}</h1>
      {hint !== undefined && <p class="nothing-hint">{hint}</p>}
    </main>
  )
}
