/** What the agent has to know, in words: above the ticket it is about, or over the page. */
import type { ComponentChildren, JSX } from "preact"
import { Icon } from "../../ui/icons.tsx"
import type { Notice } from "../agent-client/notice.ts"
import type { AgentView } from "../agent-client/state.ts"
import { overtakenWords } from "../sentences.ts"
import { agentName } from "./names.ts"
import { useSurroundings } from "./surroundings.ts"

export function TicketNotices({
  state,
  ticketId,
}: {
  readonly state: AgentView
  readonly ticketId: string
}): JSX.Element {
  return (
    <div class="ticket-notices">
      {state.notices
        .filter((notice) => notice.ticketId === ticketId)
        .map((notice) => (
          <One key={notice.id} notice={notice} state={state} />
        ))}
    </div>
  )
}

export function PageNotices({ state }: { readonly state: AgentView }): JSX.Element {
  const { opened, notices } = state
  return (
    <div class="page-notices">
      {notices
        .filter(({ ticketId }) => ticketId === undefined || ticketId !== opened?.ticketId)
        .map((notice) => (
          <One key={notice.id} notice={notice} state={state} />
        ))}
    </div>
  )
}

function One({ notice, state }: { readonly notice: Notice; readonly state: AgentView }): JSX.Element {
  const { client, text } = useSurroundings()
  const { body, id } = notice
  const dismiss = (): void => client.act({ type: "dismiss", noticeId: id })
  switch (body.kind) {
    case "ticketOvertaken": {
      const [head, ...rest] = overtakenWords(text, (agentId) => agentName(text, state, agentId), body)
      return (
        <Bar tone="warn" urgent onDismiss={dismiss}>
          <span>
            <strong>{head}</strong> {rest.join(" ")}
          </span>
          <button
            type="button"
            class="button quiet small"
            onClick={() => client.act({ type: "insist", noticeId: id })}
          >
            {text("notice.insist")}
          </button>
          <button type="button" class="button small" onClick={dismiss}>
            {text("notice.leave")}
          </button>
        </Bar>
      )
    }
    case "ticketClosed":
      return (
        <Bar tone="warn" urgent onDismiss={dismiss}>
          {text("notice.closed")}
        </Bar>
      )
    case "startedOver":
      return <Bar onDismiss={dismiss}>{text("notice.startedOver")}</Bar>
    case "ticketJoined":
      return <Bar onDismiss={dismiss}>{text("notice.joined")}</Bar>
    case "refused":
      return (
        <Bar tone="bad" urgent onDismiss={dismiss}>
          {text("notice.refused", { reason: body.message })}
        </Bar>
      )
  }
}

interface BarProps {
  readonly tone?: "plain" | "warn" | "bad"
  readonly urgent?: boolean
  readonly children: ComponentChildren
  readonly onDismiss: () => void
}

function Bar({ tone = "plain", urgent = false, children, onDismiss }: BarProps): JSX.Element {
  const { text } = useSurroundings()
  return (
    <div class={`notice ${tone}`} role={urgent ? "alert" : "status"}>
      <Icon name={tone === "plain" ? "bell" : "alert"} size={18} />
      <div class="notice-body">{children}</div>
      <button type="button" class="icon-button small" aria-label={text("notice.dismiss")} onClick={onDismiss}>
        <Icon name="close" size={16} />
      </button>
    </div>
  )
}
