/** What agents see of users and tickets (PROTOCOL 6). */
import { userView } from "../../domain/person.ts"
import type { TicketRecord, UserRecord } from "../../domain/records.ts"
import { ticketView } from "../../domain/ticket.ts"
import type { AgentUser } from "../../protocol/agents.ts"
import type { Ticket } from "../../protocol/model.ts"
import type { App } from "../app.ts"
import { isMarked, type TicketPlace } from "../marks.ts"
import type { Space } from "../memory.ts"
import { findPerson } from "../merging.ts"
import { lastActivity } from "../stories.ts"

/** Who is there now, as far as the nodes tell one another. */
export type Online = (userId: string) => boolean

const ALIASES = 1000

export async function showAgentUser(space: Space, record: UserRecord, online: Online): Promise<AgentUser> {
  const [aliases, [device]] = await Promise.all([
    space.rank("aliases", record.id, { limit: ALIASES }),
    space.rank("devices", record.id, { limit: 1 }),
  ])
  return {
    ...userView(record),
    signedUpAt: record.createdAt,
    ...(device && { lastSeenAt: device.score }),
    online: online(record.id),
    aliases: aliases.map(({ member }) => member),
  }
}

/** @param bearsMark what was asked once for all tickets of the user */
export async function showTicket(
  app: App,
  place: TicketPlace,
  bearsMark?: (ticket: TicketRecord) => boolean,
): Promise<Ticket> {
  const { record, ticket } = place
  const person = bearsMark ? undefined : await findPerson(app, record.userId)
  const marked = bearsMark?.(ticket) ?? (person ? await isMarked(person.space, person.record, ticket) : false)
  const lastActivityAt = place.lastActivityAt ?? (await lastActivity(app, place))
  return ticketView(ticket, record, marked, lastActivityAt)
}
