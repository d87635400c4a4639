/**
 * Tickets in lists (docs/protocol.md 6). Each filter reads rankings that hold what it asks for and nothing else; a
 * page's records are loaded together, so its cost follows from its length and not from how many tickets there are.
 */
import { pageCursorOf, parsePageCursor } from "../../domain/cursor.ts"
import { ALL_STATUSES, assigneeRanking, assigneeRankingOf, isActive } from "../../domain/ticket.ts"
import type { AgentBody, AgentResult, ListedTicket } from "../../protocol/agent.ts"
import type { TicketStatus } from "../../protocol/model.ts"
import { ReadSet } from "../../repository/read-set.ts"
import type { App } from "../app.ts"
import { FRAME_BUDGET, sizeOf } from "../frame-budget.ts"
import { type FoundTicket, type ResolvedTicket, resolveTicket } from "../load-badges.ts"
import { firstOfAll, type RankedFrom, type RankingSource } from "../merged-rankings.ts"
import { preloadTickets } from "../preload.ts"
import { ifShowable } from "../showable.ts"
import type { Online } from "./agent-views.ts"
import { type ListedRow, ListedTickets } from "./listed-ticket.ts"

/** Tickets that do not belong on the page and are read for it at most: then the page ends early, with `next`. */
const MAX_PASSED_OVER = 300
/** Unread tickets have one ranking for all agents. Where only one agent's are wanted, so many of it are read at once. */
const SCANNED = 150

type TicketFilter = Pick<AgentBody<"ticket:list">, "assignee" | "unread"> & {
  readonly status: readonly TicketStatus[]
}

function sourcesOf(app: App, { status, assignee, unread }: TicketFilter, agentId: string): RankingSource[] {
  const whose = assigneeNamed(assignee, agentId)
  const rankings = unread
    ? [{ of: "unread", name: "" } as const]
    : [...new Set(status)].map((one) =>
        assignee === undefined
          ? ({ of: "status", name: one } as const)
          : ({ of: "assignee", name: assigneeRankingOf(whose, one) } as const),
      )
  return app.partitions.flatMap((partition) => rankings.map((ranking) => ({ partition, ...ranking })))
}

/** The wanted agent's id; `undefined`: no agent. An agent whose id is `none` or `me` finds their own tickets only by `me`. */
const assigneeNamed = (assignee: string | undefined, agentId: string): string | undefined =>
  assignee === "me" ? agentId : assignee === "none" ? undefined : assignee

/** Latest activity first, over all partitions: each ranking continues where the last page ended. */
export async function listTickets(
  app: App,
  body: AgentBody<"ticket:list">,
  agentId: string,
  online: Online,
): Promise<AgentResult<"ticket:list">> {
  const { status = ALL_STATUSES, assignee, unread, withUnread, before, limit = 25 } = body
  const sources = sourcesOf(app, { status, assignee, unread }, agentId)
  const whose = assigneeNamed(assignee, agentId)
  const fits = ({ ticket }: ResolvedTicket): boolean =>
    status.includes(ticket.status) && (assignee === undefined || ticket.assigneeId === whose)
  // Solved and closed tickets are never among the unread ones.
  const allActive = ALL_STATUSES.every((one) => status.includes(one) || !isActive({ status: one }))
  const pageLength = unread && !(allActive && assignee === undefined) ? Math.max(limit, SCANNED) : limit
  const tickets: ListedTicket[] = []
  let budget = FRAME_BUDGET
  let passedOver = 0
  let after = before === undefined ? undefined : parsePageCursor(before)
  for (;;) {
    const page = await firstOfAll(sources, after, pageLength)
    const scanned = await scanPage(app, page, fits, limit - tickets.length)
    const rows = new ListedTickets(app, scanned.reads, { online, counted: unread ?? withUnread ?? false })
    const shown = await rows.show(scanned.rows)
    for (const { member, score, listed } of scanned.page) {
      const row = listed ? shown.get(member) : undefined
      const belongs = row && (!unread || row.unreadCount !== 0) ? row : undefined
      budget -= belongs ? sizeOf(belongs) + 1 : 0
      // A ticket that does not fit into the frame begins the next page.
      if (budget < 0 && after && tickets.length > 0) return { tickets, next: pageCursorOf(after) }
      after = { member, score }
      if (belongs) tickets.push(belongs)
      else passedOver += 1
      if (tickets.length === limit || passedOver === MAX_PASSED_OVER)
        return { tickets, next: pageCursorOf(after) }
    }
    if (scanned.whole && page.length < pageLength) return { tickets }
  }
}

/**
 * Whether this entry of a ranking is the ticket's present one. A ticket that moved to another partition may have left entries
 * behind; by this rule it is listed once.
 */
function isListedIn({ partition, of, name }: RankingSource, { ticket, heldIn }: FoundTicket): boolean {
  if (partition !== heldIn) return false
  if (of === "status") return name === ticket.status
  return of !== "assignee" || name === assigneeRanking(ticket)
}

interface ScannedPage {
  readonly page: readonly (RankedFrom & { readonly listed: boolean })[]
  readonly rows: readonly ListedRow[]
  readonly reads: ReadSet
  /** Whether the page was scanned at to its end. */
  readonly whole: boolean
}

/** Reads the tickets of a page of the rankings, up to the wanted number of tickets that fit. */
async function scanPage(
  app: App,
  page: readonly RankedFrom[],
  fits: (place: ResolvedTicket) => boolean,
  wanted: number,
): Promise<ScannedPage> {
  const reads = new ReadSet()
  await preloadTickets(
    app,
    page.map(({ member }) => member),
    reads,
  )
  const found = await Promise.all(
    page.map(({ member }) => ifShowable(app, "ticket", member, () => resolveTicket(app, member, reads))),
  )
  const rows: ListedRow[] = []
  const scanned: ScannedPage["page"][number][] = []
  for (const [index, ranked] of page.entries()) {
    const place = found[index]
    const listed = place !== undefined && isListedIn(ranked.source, place)
    scanned.push({ ...ranked, listed })
    if (listed && fits(place)) rows.push({ place, score: ranked.score })
    if (rows.length === wanted) break
  }
  const whole = scanned.length === page.length
  // A left-behind entry of a listed ticket is dropped: a page that ended at it could make the next one begin after the
  // present entry.
  const twins = new Set(rows.map(({ place }) => place.ticket.id))
  return { page: scanned.filter(({ listed, member }) => listed || !twins.has(member)), rows, reads, whole }
}

/** How many members a ranking has in all partitions together. */
async function countOf(app: App, of: RankingSource["of"], name: string): Promise<number> {
  const sizes = await Promise.all(app.partitions.map((partition) => partition.size(of, name)))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** How many active tickets there are of each status. */
export async function countByStatus(app: App): Promise<Record<"new" | "open" | "pending" | "hold", number>> {
  const [fresh, open, pending, hold] = await Promise.all([
    countOf(app, "status", "new"),
    countOf(app, "status", "open"),
    countOf(app, "status", "pending"),
    countOf(app, "status", "hold"),
  ])
  return { new: fresh, open, pending, hold }
}

/** How many tickets there are of each kind that agents list. */
export async function countTickets(app: App, agentId: string): Promise<AgentResult<"ticket:count">> {
  const assignedTo = async (assignee: string | undefined): Promise<number> => {
    const sizes = await Promise.all(
      ALL_STATUSES.filter((status) => isActive({ status })).map((status) =>
        countOf(app, "assignee", assigneeRankingOf(assignee, status)),
      ),
    )
    return sizes.reduce((sum, size) => sum + size, 0)
  }
  const [byStatus, mine, unassigned, unread] = await Promise.all([
    countByStatus(app),
    assignedTo(agentId),
    assignedTo(undefined),
    countOf(app, "unread", ""),
  ])
  return { counts: { ...byStatus, mine, unassigned, unread } }
}
