/** Whose ticket it is, what state it is in, who has it, and who else looks at it. */
import type { JSX } from "preact"
import { useState } from "preact/hooks"
import type { AgentUser } from "../../../protocol/agent.ts"
import type { TicketStatus } from "../../../protocol/model.ts"
import { Avatar } from "../../ui/avatar.tsx"
import { CheckMark } from "../../ui/check-mark.tsx"
import { Icon } from "../../ui/icons.tsx"
import { type AgentView, type InboxRow, STATUSES } from "../agent-client/state.ts"
import { Confirm } from "./dialog.tsx"
import { agentName, userName } from "./names.ts"
import { useSurroundings } from "./surroundings.ts"

interface Props {
  readonly state: AgentView
  readonly row: InboxRow | undefined
  readonly user: AgentUser | undefined
  readonly profile: boolean
  readonly onProfile: () => void
}

export function TicketHeader({ state, row, user, profile, onProfile }: Props): JSX.Element {
  const { client, text } = useSurroundings()
  const name = userName(text, user)
  return (
    <header class="ticket-header">
      <button
        type="button"
        class="icon-button back"
        aria-label={text("ticket.back")}
        onClick={() => client.act({ type: "close" })}
      >
        <Icon name="back" />
      </button>
      <Avatar name={user?.profile.name} seed={user?.id} size={40} />
      <div class="ticket-header-who">
        <h1 class="ticket-header-name">
          <span dir="auto">{name}</span>
          {row?.ticket.authenticated && <CheckMark label={text("verified")} size={18} />}
        </h1>
        <p class="ticket-header-facts">
          <Viewers state={state} />
          {user && (
            <span class={user.online ? "presence online" : "presence"}>
              {text(user.online ? "profile.online" : "profile.offline")}
            </span>
          )}
          {user?.externalId !== undefined && <span dir="auto">{user.externalId}</span>}
        </p>
      </div>
      {row && <Actions state={state} row={row} name={name} />}
      <button
        type="button"
        class="icon-button"
        aria-label={text("ticket.profile")}
        title={text("ticket.profile")}
        aria-pressed={profile}
        onClick={onProfile}
      >
        <Icon name="panel" />
      </button>
    </header>
  )
}

function Viewers({ state }: { readonly state: AgentView }): JSX.Element | null {
  const { text, locale } = useSurroundings()
  const here = state.viewers.get(state.opened?.conversationId ?? "") ?? []
  if (here.length === 0) return null
  const names = new Intl.ListFormat(locale).format(here.map(({ who }) => who.name ?? who.id))
  return (
    <span class="viewers" role="status">
      <Icon name="eye" size={15} />
      {text(here.length === 1 ? "ticket.viewing" : "ticket.viewingMany", { names })}
    </span>
  )
}

function Actions({
  state,
  row,
  name,
}: {
  readonly state: AgentView
  readonly row: InboxRow
  readonly name: string
}): JSX.Element {
  const { client, text } = useSurroundings()
  const [closing, setClosing] = useState(false)
  const { id, status, assigneeId } = row.ticket
  const final = status === "closed"
  const busy = state.changing.has(id)
  const set = (next: TicketStatus): void => {
    if (next === "closed") setClosing(true)
    else if (next !== status) client.act({ type: "change", ticketId: id, change: { status: next } })
  }
  const assign = (to: string): void =>
    client.act({ type: "change", ticketId: id, change: { assigneeId: to === "" ? null : to } })
  const me = state.agent?.id
  const colleagues = [...state.colleagues.keys()].filter((agentId) => agentId !== me)
  colleagues.sort((a, b) => agentName(text, state, a).localeCompare(agentName(text, state, b)))
  return (
    <div class="ticket-actions" aria-busy={busy}>
      {assigneeId !== me && !final && me !== undefined && (
        <button type="button" class="button small" disabled={busy} onClick={() => assign(me)}>
          {text("ticket.take")}
        </button>
      )}
      <label class={`select status ${status}`}>
        <span class="read-aloud">{text("ticket.status")}</span>
        <select
          value={status}
          disabled={busy || final}
          onChange={(event) => {
            // What the hub says is shown, not what was picked: a colleague may be faster.
            const picked = event.currentTarget.value as TicketStatus
            event.currentTarget.value = status
            set(picked)
          }}
        >
          {STATUSES.map((each) => (
            <option
              key={each}
              value={each}
              disabled={each === "new"}
              hidden={each === "new" && status !== "new"}
            >
              {text(`status.${each}`)}
            </option>
          ))}
        </select>
        <Icon name="down" size={16} />
      </label>
      <label class="select">
        <span class="read-aloud">{text("ticket.assignee")}</span>
        <select
          value={assigneeId ?? ""}
          disabled={busy || final}
          onChange={(event) => {
            const picked = event.currentTarget.value
            event.currentTarget.value = assigneeId ?? ""
            if (picked !== (assigneeId ?? "")) assign(picked)
          }}
        >
          <option value="">{text("nobody")}</option>
          {me !== undefined && <option value={me}>{text("you")}</option>}
          {colleagues.map((agentId) => (
            <option key={agentId} value={agentId}>
              {agentName(text, state, agentId)}
            </option>
          ))}
        </select>
        <Icon name="down" size={16} />
      </label>
      {closing && (
        <Confirm
          title={text("ticket.close.title")}
          words={text("ticket.close.words", { name })}
          yes={text("ticket.close.do")}
          onYes={() => client.act({ type: "change", ticketId: id, change: { status: "closed" } })}
          onEnd={() => setClosing(false)}
        />
      )}
    </div>
  )
}
