/**
 * Searching users (docs/protocol.md 6, `user:search`): by any id of the hub's, by external id, and by the beginning of
 * a name, of an external id or of a verified email. In each partition one range of one ranking is read, as long as the
 * answer.
 */

import { foundIn, normalized, searchFrom } from "../../domain/search.ts"
import type { AgentBody, AgentResult } from "../../protocol/agent.ts"
import type { UserId } from "../../protocol/branded.ts"
import type { Partition } from "../../repository/partition.ts"
import type { App } from "../app.ts"
import { resolveConversation } from "../conversation-lookup.ts"
import { holderOf } from "../directory.ts"
import { FRAME_BUDGET, sizeOf } from "../frame-budget.ts"
import { resolveTicket } from "../load-badges.ts"
import { resolveUser } from "../merge-users.ts"
import type { ResolvedUser } from "../user-data.ts"
import { type Online, showAgentUser, showTicket } from "./agent-views.ts"

const LIMIT = 20
/** Members read for each wanted user: a user may be found by several of their terms at once. */
const TERMS_PER_PERSON = 3

export async function searchUsers(
  app: App,
  { query, limit = LIMIT }: AgentBody<"user:search">,
  now: number,
  online: Online,
): Promise<AgentResult<"user:search">> {
  const exact = await byId(app, query, now)
  const prefix = normalized(query)
  const stretches = prefix
    ? await Promise.all(app.partitions.map((partition) => idsIn(partition, prefix, limit)))
    : []
  const ids = new Set([...exact.map(({ record }) => record.id), ...stretches.flatMap((one) => one.ids)])
  const people = await Promise.all([...ids].slice(0, limit).map((id) => resolveUser(app, id)))
  const distinct = new Map(people.flatMap((person) => (person ? [[person.record.id, person]] : [])))
  const found: AgentResult<"user:search">["found"] = []
  let budget = FRAME_BUDGET
  for (const person of distinct.values()) {
    const shown = await shownPerson(app, person, online)
    budget -= sizeOf(shown) + 1
    if (budget < 0) return { found, more: true }
    found.push(shown)
  }
  return { found, more: ids.size > limit || stretches.some(({ more }) => more) }
}

/** Users named by an id go first. */
async function byId(app: App, query: string, now: number): Promise<ResolvedUser[]> {
  const id = query.trim()
  const holder = await holderOf(app, id, now)
  const owner = await ownerOf(app, id)
  const user = owner === undefined ? undefined : await resolveUser(app, owner)
  return [holder, user].filter((person) => person !== undefined)
}

async function ownerOf(app: App, id: string): Promise<UserId | undefined> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) return undefined
  if (id.startsWith("tkt_")) return (await resolveTicket(app, id))?.record.userId
  if (id.startsWith("con_")) return (await resolveConversation(app, id))?.record.userId
  return id.startsWith("usr_") ? id : undefined
}

async function idsIn(
  partition: Partition,
  prefix: string,
  limit: number,
): Promise<{ readonly ids: readonly UserId[]; readonly more: boolean }> {
  const most = limit * TERMS_PER_PERSON
  const members = await partition.rank("search", "", { before: searchFrom(prefix), limit: most })
  const ids = members.map(({ member }) => foundIn(member, prefix))
  const end = ids.indexOf(undefined)
  const inside = ids.slice(0, end === -1 ? ids.length : end).flatMap((id) => id ?? [])
  // The answer is in alphabetical order; a ranking is read from the end.
  return { ids: inside.reverse(), more: end === -1 && members.length === most }
}

async function shownPerson(app: App, { partition, record }: ResolvedUser, online: Online) {
  const [latest] = await partition.rank("conversations", record.id, { limit: 1 })
  const place = latest && (await resolveConversation(app, latest.member))
  const ticket = place?.record.ticket
  return {
    user: await showAgentUser(partition, record, online),
    ...(place && ticket && { ticket: await showTicket(app, { ...place, ticket }) }),
  }
}
