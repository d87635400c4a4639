/** The inbox: which tickets a filter shows, in which order, and how far they have been fetched. */
import type { AgentBody, AgentResult, ListedTicket } from "../../../protocol/agent.ts"
import type { Message } from "../../../protocol/model.ts"
import {
  type AgentView,
  type Extent,
  type Filter,
  type InboxRow,
  isActive,
  resolve,
  STATUSES,
} from "./state.ts"
import type { Workbench } from "./workbench.ts"

const ACTIVE = STATUSES.filter((status) => isActive({ status }))
/** The most tickets that the hub gives in one page. */
const PAGE = 100
/** The least time between two fetches of a first page. */
const REFRESH_MS = 300
const RECOUNT_MS = 500

/** Names a list that is fetched on its own: the tickets of a filter, or those of them that have something unread. */
export type ListKey = string

export const keyOf = ({ assignee, status }: Filter, unread = false): ListKey =>
  `${assignee} ${status}${unread ? " unread" : ""}`

const bodyOf = ({ assignee, status }: Filter, unread: boolean): AgentBody<"ticket:list"> => ({
  status: status === "active" ? ACTIVE : [status],
  ...(assignee !== "any" && { assignee }),
  ...(unread && { unread: true }),
  withUnread: true,
  limit: PAGE,
})

/** Which list an answer is a page of. */
function listOf({ status = [], assignee = "any", unread }: AgentBody<"ticket:list">): ListKey {
  const [only = "active"] = status
  const shown = assignee === "me" || assignee === "none" ? assignee : "any"
  return keyOf({ assignee: shown, status: status.length > 1 ? "active" : only }, unread === true)
}

const NOTHING: Extent = { loading: false, complete: false, floor: Number.POSITIVE_INFINITY }

export const extentOf = ({ extents }: Pick<AgentView, "extents">, key: ListKey): Extent =>
  extents.get(key) ?? NOTHING

/** Fetches the first page of the filter, and the tickets in it that have something unread. */
export function fetchFirst(bench: Workbench): void {
  for (const unread of [true, false]) {
    const key = keyOf(bench.state.filter, unread)
    const known = extentOf(bench.state, key)
    if (known.loading) continue
    bench.own("extents").set(key, { ...known, loading: true })
    bench.request("ticket:list", bodyOf(bench.state.filter, unread))
  }
}

/** Fetches the next page, because the agent is near the end of the list. */
export function fetchMore(bench: Workbench, unread = false): void {
  const { filter } = bench.state
  const key = keyOf(filter, unread)
  const known = extentOf(bench.state, key)
  if (known.loading || known.complete || known.next === undefined) return
  bench.own("extents").set(key, { ...known, loading: true })
  bench.request("ticket:list", { ...bodyOf(filter, unread), before: known.next })
}

export function listed(
  bench: Workbench,
  body: AgentBody<"ticket:list">,
  { tickets, next }: AgentResult<"ticket:list">,
): void {
  for (const ticket of tickets) takeListed(bench, ticket)
  const key = listOf(body)
  const known = extentOf(bench.state, key)
  const first = body.before === undefined
  if (first) refreshed(bench, body)
  // A first page that is asked for again brings what is new, and says nothing of how far the list has come.
  const again = first && (known.next !== undefined || known.complete)
  const reached = tickets.at(-1)?.lastActivityAt ?? known.floor
  const extent: Extent = again
    ? { ...known, loading: false }
    : {
        loading: false,
        complete: next === undefined,
        floor: next === undefined ? 0 : Math.min(known.floor, reached),
        ...(next !== undefined && { next }),
      }
  bench.own("extents").set(key, extent)
  // Tickets with something unread are shown first, so all of them are fetched.
  const mine = key === keyOf(bench.state.filter, true)
  if (body.unread && mine && !extent.complete) fetchMore(bench, true)
}

/** What the list says is newer than what is here, unless the feed has said more since. */
function takeListed(bench: Workbench, listedTicket: ListedTicket): void {
  const { user, lastMessage, unreadCount = 0, ...ticket } = listedTicket
  bench.own("users").set(user.id, user)
  const known = bench.state.rows.get(ticket.id)
  if (known && known.ticket.updatedAt > ticket.updatedAt) return
  const ahead = known?.lastMessage !== undefined && (lastMessage?.position ?? "") < known.lastMessage.position
  const shown = ahead ? known?.lastMessage : lastMessage
  bench.own("rows").set(ticket.id, {
    ticket: ahead && known ? { ...ticket, lastActivityAt: known.ticket.lastActivityAt } : ticket,
    ...(shown && { lastMessage: shown }),
    unread: ahead && known ? known.unread : unreadCount,
  })
}

/** Something happened to a ticket that is not known here: the first page of the list says what it is. */
export function refreshSoon(bench: Workbench): void {
  const { state } = bench
  if (state.refreshing === "asked") state.refreshing = "again"
  if (state.refreshing !== "no") return
  state.refreshing = "waiting"
  bench.effect({ type: "later", what: "refresh", afterMs: REFRESH_MS })
}

export function refresh(bench: Workbench): void {
  if (bench.state.refreshing !== "waiting" || !bench.live) return
  bench.state.refreshing = "asked"
  bench.request("ticket:list", bodyOf(bench.state.filter, false))
}

function refreshed(bench: Workbench, body: AgentBody<"ticket:list">): void {
  const { state } = bench
  if (body.unread || (state.refreshing !== "asked" && state.refreshing !== "again")) return
  const again = state.refreshing === "again"
  state.refreshing = "no"
  if (again) refreshSoon(bench)
}

/** The hub counts: it knows all tickets, and only some of them are here. */
export function recountSoon(bench: Workbench): void {
  if (bench.state.recounting) return
  bench.state.recounting = true
  bench.effect({ type: "later", what: "recount", afterMs: RECOUNT_MS })
}

export function recount(bench: Workbench): void {
  bench.state.recounting = false
  if (bench.live) bench.request("ticket:count", {})
}

/** A message came: its ticket goes to the top. @returns false if the ticket is not known here */
export function applyToRow(bench: Workbench, ticketId: string | undefined, message: Message): boolean {
  const row = ticketId === undefined ? undefined : bench.state.rows.get(ticketId)
  if (ticketId === undefined || !row) return false
  if (row.lastMessage && row.lastMessage.position >= message.position) return true
  const fromUser = message.author.type === "user"
  const active = fromUser || message.author.type === "agent"
  const unread = fromUser
    ? row.unread + 1
    : message.author.type === "agent" && !message.internal
      ? 0
      : row.unread
  const lastActivityAt = active
    ? Math.max(row.ticket.lastActivityAt, message.receivedAt)
    : row.ticket.lastActivityAt
  bench.own("rows").set(ticketId, {
    ticket: lastActivityAt === row.ticket.lastActivityAt ? row.ticket : { ...row.ticket, lastActivityAt },
    lastMessage: message,
    unread,
  })
  return true
}

function matches({ ticket }: InboxRow, { assignee, status }: Filter, agentId: string | undefined): boolean {
  if (status === "active" ? !isActive(ticket) : ticket.status !== status) return false
  if (assignee === "none") return ticket.assigneeId === undefined
  return assignee === "any" || ticket.assigneeId === agentId
}

const byActivity = (a: InboxRow, b: InboxRow): number =>
  b.ticket.lastActivityAt - a.ticket.lastActivityAt || (a.ticket.id < b.ticket.id ? 1 : -1)

/** Whether a ticket is one of this filter, also where the list has not come as far. */
export function isOfFilter(
  { rows, agent, filter }: Pick<AgentView, "rows" | "agent" | "filter">,
  ticketId: string,
): boolean {
  const row = rows.get(ticketId)
  return row !== undefined && matches(row, filter, agent?.id)
}

/** The rows of a filter, unread first, then latest activity first; none below the part that was fetched. */
export function shownRows(
  state: Pick<AgentView, "rows" | "extents" | "agent" | "opened">,
  filter: Filter,
): readonly InboxRow[] {
  const { floor, complete } = extentOf(state, keyOf(filter))
  const { opened } = state
  // The ticket that is being read stays among the unread ones, so that it does not move away from under the agent's eyes.
  const first = (row: InboxRow): boolean =>
    row.unread > 0 || (opened?.fresh === true && opened.ticketId === row.ticket.id)
  const [unread, read]: [InboxRow[], InboxRow[]] = [[], []]
  for (const row of state.rows.values()) {
    const isFirst = first(row)
    const reached = isFirst || complete || row.ticket.lastActivityAt >= floor
    if (reached && matches(row, filter, state.agent?.id)) (isFirst ? unread : read).push(row)
  }
  return [...unread.sort(byActivity), ...read.sort(byActivity)]
}

/** The other active tickets of the same person: after a late sign-in one matter may have two. */
export function otherActive(
  state: Pick<AgentView, "rows" | "aliases">,
  ticketId: string,
  userId: string,
): readonly InboxRow[] {
  const found: InboxRow[] = []
  for (const row of state.rows.values()) {
    const same = resolve(state, row.ticket.userId) === userId && row.ticket.id !== ticketId
    if (same && isActive(row.ticket)) found.push(row)
  }
  return found.sort(byActivity)
}
