/** The second column: search, status chips, and the list of tickets or of people found. */
import type { JSX } from "preact"
import { useCallback, useMemo, useRef } from "preact/hooks"
import type { TicketStatus } from "../../../protocol/model.ts"
import { kept } from "../../ui/kept-part.tsx"
import { useNow } from "../../ui/now.ts"
import { extentOf, keyOf, shownRows } from "../agent-client/inbox-state.ts"
import { type AgentView, type InboxRow, resolve, STATUSES } from "../agent-client/state.ts"
import { agentName } from "./names.ts"
import { FoundList, SearchBox } from "./search-box.tsx"
import { useSurroundings } from "./surroundings.ts"
import { TicketRow } from "./ticket-row.tsx"
import { VirtualList } from "./virtual-list.tsx"

const CHIPS: readonly ("active" | TicketStatus)[] = ["active", ...STATUSES]
const ROW_PX = 92
const KeptRow = kept(TicketRow)

export function Inbox({ state }: { readonly state: AgentView }): JSX.Element {
  const { text } = useSurroundings()
  const { rows, extents, agent, opened, filter, search } = state
  const shown = useMemo(
    () => shownRows({ rows, extents, agent, opened }, filter),
    [rows, extents, agent, opened, filter],
  )
  return (
    <section class="inbox" aria-label={text("title")}>
      <SearchBox search={search} />
      {search ? (
        <FoundList state={state} search={search} />
      ) : (
        <>
          <StatusChips state={state} />
          <TicketList state={state} shown={shown} />
        </>
      )}
    </section>
  )
}

function StatusChips({ state }: { readonly state: AgentView }): JSX.Element {
  const { client, text, locale } = useSurroundings()
  const { filter, counts } = state
  const countOf = (status: (typeof CHIPS)[number]): number | undefined =>
    // The hub counts by status over the tickets of all agents: under an agent's filter it would be another number.
    filter.assignee === "any" && counts && status in counts
      ? counts[status as keyof typeof counts]
      : undefined
  return (
    <fieldset class="chips" aria-label={text("filter.status")}>
      {CHIPS.map((status) => {
        const count = countOf(status)
        return (
          <button
            key={status}
            type="button"
            class="chip"
            aria-pressed={filter.status === status}
            onClick={() => client.act({ type: "filter", filter: { ...filter, status } })}
          >
            {text(`status.${status}`)}
            {count !== undefined && count > 0 && (
              <span class="chip-count">{count.toLocaleString(locale)}</span>
            )}
          </button>
        )
      })}
    </fieldset>
  )
}

function TicketList({
  state,
  shown,
}: {
  readonly state: AgentView
  readonly shown: readonly InboxRow[]
}): JSX.Element {
  const { client, text } = useSurroundings()
  const now = useNow()
  const extent = extentOf(state, keyOf(state.filter))
  const latest = useRef(state)
  latest.current = state
  const more = useCallback(() => client.act({ type: "more" }), [client])
  const draw = (row: InboxRow): JSX.Element => {
    const { ticket } = row
    const { users, viewers, typing, agent } = latest.current
    const conversationId = resolve(latest.current, ticket.conversationId)
    const here = viewers.get(conversationId) ?? []
    const typist = (typing.get(conversationId) ?? []).some(({ who }) => who === "user")
    return (
      <KeptRow
        row={row}
        user={users.get(resolve(latest.current, ticket.userId))}
        assignee={
          ticket.assigneeId === undefined ? undefined : agentName(text, latest.current, ticket.assigneeId)
        }
        mine={ticket.assigneeId !== undefined && ticket.assigneeId === agent?.id}
        typing={typist}
        viewers={here.map(({ who }) => who.name ?? who.id).join(", ")}
        now={now}
      />
    )
  }
  if (shown.length === 0)
    return extent.complete || extent.next !== undefined ? (
      <p class="inbox-empty">{text("list.empty")}</p>
    ) : (
      <Skeleton words={text("list.loading")} />
    )
  return (
    <VirtualList
      key={keyOf(state.filter)}
      items={shown}
      keyOf={({ ticket }) => ticket.id}
      rowHeight={ROW_PX}
      label={text("list.label")}
      selected={state.opened?.ticketId}
      onSelect={(ticketId) => client.act({ type: "open", ticketId })}
      onNearEnd={more}
      busy={extent.loading}
    >
      {draw}
    </VirtualList>
  )
}

function Skeleton({ words }: { readonly words: string }): JSX.Element {
  return (
    <div class="skeletons" role="status">
      <span class="read-aloud">{words}</span>
      {[0, 1, 2, 3, 4, 5].map((n) => (
        <div class="skeleton" key={n} />
      ))}
    </div>
  )
}
