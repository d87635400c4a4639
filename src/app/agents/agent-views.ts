/** What agents see of users and tickets (docs/protocol.md 6). */

import type { TicketRecord, UserRecord } from "../../domain/records.ts"
import { ticketView } from "../../domain/ticket.ts"
import { userView } from "../../domain/user.ts"
import type { AgentUser } from "../../protocol/agent.ts"
import type { Ticket } from "../../protocol/model.ts"
import type { Partition } from "../../repository/partition.ts"
import type { App } from "../app.ts"
import { bearsBadge, type ResolvedTicket } from "../badges.ts"
import { lastActivity } from "../conversation-lookup.ts"
import { resolveUser } from "../merge-users.ts"

/** Whether a user is online, as far as this node knows from the others. */
export type Online = (userId: string) => boolean

const ALIASES = 1000

export async function showAgentUser(
  partition: Partition,
  record: UserRecord,
  online: Online,
): Promise<AgentUser> {
  const [aliases, [device]] = await Promise.all([
    partition.rank("aliases", record.id, { limit: ALIASES }),
    partition.rank("devices", record.id, { limit: 1 }),
  ])
  return {
    ...userView(record),
    signedUpAt: record.createdAt,
    ...(device && { lastSeenAt: device.score }),
    online: online(record.id),
    aliases: aliases.map(({ member }) => member),
  }
}

/** @param bearsMark looked up once for all tickets of the user */
export async function showTicket(
  app: App,
  place: ResolvedTicket,
  bearsMark?: (ticket: TicketRecord) => boolean,
): Promise<Ticket> {
  const { record, ticket } = place
  const person = bearsMark ? undefined : await resolveUser(app, record.userId)
  const marked =
    bearsMark?.(ticket) ?? (person ? await bearsBadge(person.partition, person.record, ticket) : false)
  const lastActivityAt = place.lastActivityAt ?? (await lastActivity(app, place))
  return ticketView(ticket, record, marked, lastActivityAt)
}
