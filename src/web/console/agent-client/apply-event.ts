/** How each stored event changes what the console knows. */
import type { AgentEvent, IdentityChange } from "../../../protocol/agent.ts"
import type { Conversation, Message, Ticket, User } from "../../../protocol/model.ts"
import { applyToRow, recountSoon, refreshSoon } from "./inbox-state.ts"
import { isActive, resolve } from "./state.ts"
import { applyConversation, applyMessage, fold, moveReadMarker, rowsOf } from "./transcript.ts"
import type { Workbench } from "./workbench.ts"

type Of<T extends AgentEvent["type"]> = Extract<AgentEvent, { type: T }>

const EVENTS: { readonly [T in AgentEvent["type"]]: (bench: Workbench, event: Of<T>) => void } = {
  "ticket:create": (bench, { data }) => applyTicket(bench, data.ticket),
  "ticket:update": (bench, { data }) => applyTicket(bench, data.ticket),
  // A conversation is in the inbox as soon as it has a ticket, and its first message makes one.
  "conversation:create": () => undefined,
  "conversation:message": (bench, { data }) => message(bench, data.ticketId, data.message),
  "conversation:read"(bench, { data }) {
    moveReadMarker(bench, data.conversationId, data.reader, data.position)
    if (data.reader === "business") recountSoon(bench)
  },
  "conversation:merge": (bench, { data }) => conversations(bench, data.userId, data),
  "user:update": (bench, { data, at }) => userUpdate(bench, data.user, data.reason, at),
  "user:merge": userMerge,
}

/** An event of a type that a later hub has added changes nothing here, but its offset counts. */
export function apply(bench: Workbench, event: AgentEvent): void {
  if (!Object.hasOwn(EVENTS, event.type)) return
  // The boundary: the row of this type takes the event of this type.
  const take = EVENTS[event.type] as (bench: Workbench, event: AgentEvent) => void
  take(bench, event)
}

/** A ticket as the hub has it now; one that is not in the inbox yet may belong there. */
export function applyTicket(bench: Workbench, ticket: Ticket): void {
  const known = bench.state.rows.get(ticket.id)
  if (known && known.ticket.updatedAt > ticket.updatedAt) return
  if (!known) refreshSoon(bench)
  else {
    const lastActivityAt = Math.max(known.ticket.lastActivityAt, ticket.lastActivityAt)
    const unread = isActive(ticket) || ticket.mergedInto === undefined ? known.unread : 0
    bench.own("rows").set(ticket.id, { ...known, unread, ticket: { ...ticket, lastActivityAt } })
  }
  const moved = known?.ticket.status !== ticket.status || known.ticket.assigneeId !== ticket.assigneeId
  if (moved) recountSoon(bench)
  noteAgentName(bench, ticket.assigneeId, undefined)
  follow(bench, ticket)
}

/** The ticket on the screen was joined into another one: the screen goes with it. */
function follow(bench: Workbench, ticket: Ticket): void {
  const { opened } = bench.state
  if (opened?.ticketId !== ticket.id || ticket.mergedInto === undefined) return
  bench.state.opened = {
    ...opened,
    ticketId: ticket.mergedInto,
    userId: resolve(bench.state, ticket.userId),
    conversationId: resolve(bench.state, ticket.conversationId),
  }
  bench.notify({ kind: "ticketJoined", by: "merge" }, ticket.mergedInto)
  bench.request("ticket:get", { ticketId: ticket.mergedInto })
}

function message(bench: Workbench, ticketId: string | undefined, received: Message): void {
  const { author } = received
  const news = !known(bench, received)
  applyMessage(bench, received)
  if (author.type === "agent") noteAgentName(bench, author.id, author.name)
  if (!applyToRow(bench, ticketId, received)) refreshSoon(bench)
  if (author.type === "user") {
    stopTyping(bench, received.conversationId)
    if (news && ticketId !== undefined) alert(bench, ticketId, received)
  }
  recountSoon(bench)
}

const known = ({ state }: Workbench, { id, conversationId }: Message): boolean =>
  state.transcripts.get(resolve(state, conversationId))?.messages.some((one) => one.id === id) ?? false

function stopTyping(bench: Workbench, conversationId: string): void {
  if (bench.state.typing.has(conversationId)) bench.own("typing").delete(conversationId)
}

/** Only what concerns this agent makes a sound: their tickets, and unassigned ones. */
function alert(bench: Workbench, ticketId: string, { content, conversationId }: Message): void {
  const { rows, agent, users } = bench.state
  const row = rows.get(ticketId) ?? rowsOf(bench, conversationId)[0]
  const assignee = row?.ticket.assigneeId
  if (assignee !== undefined && assignee !== agent?.id) return
  const from = row && users.get(resolve(bench.state, row.ticket.userId))?.profile.name
  bench.effect({ type: "alert", ticketId, from, text: content.type === "text" ? content.text : "" })
}

/** Remembers the name of an agent that an event or signal brought. */
export function noteAgentName(bench: Workbench, id: string | undefined, name: string | undefined): void {
  if (id === undefined) return
  const { colleagues } = bench.state
  if (colleagues.has(id) && (name === undefined || colleagues.get(id) === name)) return
  bench.own("colleagues").set(id, name ?? colleagues.get(id))
}

function userUpdate(bench: Workbench, user: User, reason: "authentication" | "profile", at: number): void {
  const before = bench.state.users.get(user.id)
  if (before) {
    // A field that the event leaves out was removed, except those that only agents see: events never have them.
    const { signedUpAt, lastSeenAt, online, aliases } = before
    const seen = { signedUpAt, online, aliases, ...(lastSeenAt !== undefined && { lastSeenAt }) }
    bench.own("users").set(user.id, { ...user, ...seen })
  }
  if (reason === "authentication") remember(bench, user.id, { kind: "upgraded", at })
}

function userMerge(bench: Workbench, { data, at }: Of<"user:merge">): void {
  const { surviving } = data.mergedUsers
  const discardedId = data.mergedUsers.discarded.id
  const users = bench.own("users")
  const discarded = users.get(discardedId)
  const before = users.get(surviving.id) ?? discarded
  bench.own("aliases").set(discardedId, surviving.id)
  users.delete(discardedId)
  if (before) {
    const ids = new Set([
      ...(users.get(surviving.id)?.aliases ?? []),
      ...(discarded?.aliases ?? []),
      discardedId,
    ])
    const lastSeenAt = Math.max(before.lastSeenAt ?? 0, discarded?.lastSeenAt ?? 0)
    users.set(surviving.id, {
      ...surviving,
      signedUpAt: before.signedUpAt,
      online: before.online || (discarded?.online ?? false),
      aliases: [...ids],
      ...(lastSeenAt > 0 && { lastSeenAt }),
    })
  }
  const { dossiers } = bench.state
  const past = dossiers.get(discardedId)
  if (past) {
    const own = dossiers.get(surviving.id)
    bench.own("dossiers").delete(discardedId)
    bench.own("dossiers").set(surviving.id, own ?? { ...past, history: [] })
    // The survivor now has the devices and tickets of both, and only the hub knows them all.
    bench.request("user:get", { userId: surviving.id, details: true })
  }
  remember(bench, surviving.id, { kind: "merged", at, reason: data.reason, discardedId })
  const { opened } = bench.state
  if (opened?.userId === discardedId) {
    bench.state.opened = { ...opened, userId: surviving.id }
    if (!past) bench.request("user:get", { userId: surviving.id, details: true })
  }
  for (const row of bench.state.rows.values())
    if (row.ticket.userId === discardedId)
      bench.own("rows").set(row.ticket.id, { ...row, ticket: { ...row.ticket, userId: surviving.id } })
  conversations(bench, surviving.id, data)
}

function remember(bench: Workbench, userId: string, change: IdentityChange): void {
  const dossier = bench.state.dossiers.get(userId)
  if (!dossier || dossier.history.some(({ kind, at }) => kind === change.kind && at === change.at)) return
  const history = [...dossier.history, change].sort((a, b) => a.at - b.at)
  bench.own("dossiers").set(userId, { ...dossier, history })
}

interface Joined {
  readonly mergedConversations: readonly { readonly surviving: string; readonly discarded: string }[]
  readonly conversations: readonly Conversation[]
}

function conversations(
  bench: Workbench,
  userId: string,
  { mergedConversations, conversations: all }: Joined,
): void {
  for (const { surviving, discarded } of mergedConversations) {
    fold(bench, surviving, discarded)
    for (const row of rowsOf(bench, discarded))
      bench.own("rows").set(row.ticket.id, {
        ...row,
        ticket: { ...row.ticket, conversationId: resolve(bench.state, surviving) },
      })
    const { opened } = bench.state
    if (opened?.conversationId === discarded)
      bench.state.opened = { ...opened, conversationId: resolve(bench.state, surviving) }
  }
  for (const conversation of all) {
    applyConversation(bench, userId, conversation)
    for (const row of rowsOf(bench, conversation.id))
      if (isActive(row.ticket)) {
        const { lastMessage, unreadCount } = conversation
        bench.own("rows").set(row.ticket.id, {
          ...row,
          unread: unreadCount,
          ...(lastMessage && { lastMessage }),
        })
      }
  }
  recountSoon(bench)
}
