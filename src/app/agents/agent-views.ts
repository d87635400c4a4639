/** What agents see of users and tickets (docs/protocol.md 6). */

import type { TicketRecord, UserRecord } from "../../domain/records.ts"
import { ticketView } from "../../domain/ticket.ts"
import { userView } from "../../domain/user.ts"
import type { AgentUser } from "../../protocol/agent.ts"
import type { UserId } from "../../protocol/branded.ts"
import type { Ticket } from "../../protocol/model.ts"
import type { Partition } from "../../repository/partition.ts"
import type { App } from "../app.ts"
import { lastActivity } from "../conversation-lookup.ts"
import { bearsBadge, type ResolvedTicket } from "../load-badges.ts"
import { resolveUser } from "../merge-users.ts"

/** Whether a user is online, as far as this node knows from the others. */
export type Online = (userId: UserId) => boolean

/** Only the latest aliases are shown: a person who chats before each sign-in gets one more each time. */
export const MAX_SHOWN_ALIASES = 20

/** What a user's record does not hold, in the partition of the user. */
export interface UserNames {
  readonly aliases: readonly string[]
  readonly lastSeenAt: number | undefined
}

export async function loadUserNames(partition: Partition, userId: UserId): Promise<UserNames> {
  const [aliases, [device]] = await Promise.all([
    partition.rank("aliases", userId, { limit: MAX_SHOWN_ALIASES }),
    partition.rank("devices", userId, { limit: 1 }),
  ])
  return { aliases: aliases.map(({ member }) => member), lastSeenAt: device?.score }
}

export function agentUserView(
  record: UserRecord,
  { aliases, lastSeenAt }: UserNames,
  online: Online,
): AgentUser {
  return {
    ...userView(record),
    signedUpAt: record.createdAt,
    ...(lastSeenAt !== undefined && { lastSeenAt }),
    online: online(record.id),
    aliases: [...aliases],
  }
}

export const showAgentUser = async (
  partition: Partition,
  record: UserRecord,
  online: Online,
): Promise<AgentUser> => agentUserView(record, await loadUserNames(partition, record.id), online)

/** @param bears which of the user's tickets bear the badge, if the caller has looked that up for all of them */
export async function showTicket(
  app: App,
  place: ResolvedTicket,
  bears?: (ticket: TicketRecord) => boolean,
): Promise<Ticket> {
  const { record, ticket } = place
  const person = bears ? undefined : await resolveUser(app, record.userId)
  const bearing =
    bears?.(ticket) ?? (person ? await bearsBadge(person.partition, person.record, ticket) : false)
  const lastActivityAt = place.lastActivityAt ?? (await lastActivity(app, place))
  return ticketView(ticket, record, bearing, lastActivityAt)
}
