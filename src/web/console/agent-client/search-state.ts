/** Searching users: by name, external id, verified email, or by the id of a user or ticket. */
import type { AgentBody, AgentResult } from "../../../protocol/agent.ts"
import type { Workbench } from "./workbench.ts"

const LIMIT = 20

/** An empty query ends the search. */
export function search(bench: Workbench, query: string): void {
  const { state } = bench
  const asked = query.trim()
  if (asked === "") {
    state.search = undefined
    return
  }
  if (state.search?.query === asked) return
  const live = state.connection.state === "live"
  // The results of the query before stay on the screen until those of this one have come.
  state.search = { query: asked, loading: live, found: state.search?.found ?? [], more: false }
  if (live) bench.request("user:search", { query: asked, limit: LIMIT })
}

export function searched(
  bench: Workbench,
  { query }: AgentBody<"user:search">,
  { found, more }: AgentResult<"user:search">,
): void {
  const { state } = bench
  for (const { ticket } of found) {
    const known = ticket && state.rows.get(ticket.id)
    if (ticket && !known) bench.own("rows").set(ticket.id, { ticket, unread: 0 })
  }
  for (const { user } of found) bench.own("users").set(user.id, user)
  if (state.search?.query !== query) return
  state.search = {
    query,
    loading: false,
    more,
    found: found.map(({ user, ticket }) => ({ user, ...(ticket && { ticketId: ticket.id }) })),
  }
}

export function unsearched(bench: Workbench, { query }: AgentBody<"user:search">): void {
  const { search: current } = bench.state
  if (current?.query === query) bench.state.search = { ...current, loading: false }
}
