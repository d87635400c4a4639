/** What an agent does with a ticket: opens it, changes it, takes it, joins it with another. */
import type { AgentBody, AgentResult } from "../../../protocol/agent.ts"
import type { WireError } from "../../../protocol/errors.ts"
import { applyTicket } from "./apply-event.ts"
import type { TicketChange } from "./notice.ts"
import { resolve } from "./state.ts"
import { applyConversation, later, merged, moveReadMarker, transcriptOf, unreadIn } from "./transcript.ts"
import { announceViewing, stopViewing } from "./viewing-state.ts"
import type { Workbench } from "./workbench.ts"

export function open(bench: Workbench, ticketId: string): void {
  const { state } = bench
  if (state.opened?.ticketId === ticketId) return
  stopViewing(bench)
  const row = state.rows.get(ticketId)
  state.opened = row
    ? {
        ticketId,
        userId: resolve(state, row.ticket.userId),
        conversationId: resolve(state, row.ticket.conversationId),
        ...(row.unread > 0 && { fresh: true }),
      }
    : { ticketId }
  announceViewing(bench)
  if (bench.live) bench.request("ticket:get", { ticketId })
  if (row && bench.live)
    bench.request("user:get", { userId: resolve(state, row.ticket.userId), details: true })
}

export function close(bench: Workbench): void {
  stopViewing(bench)
  bench.state.opened = undefined
}

/** How many messages the hub gives with a ticket: if there are fewer, the conversation has no earlier ones. */
const PAGE = 50

export function opened(
  bench: Workbench,
  { ticketId }: AgentBody<"ticket:get">,
  { ticket, user, conversation, messages }: AgentResult<"ticket:get">,
): void {
  const { state } = bench
  const before = state.rows.get(ticket.id)
  const known = state.transcripts.get(conversation.id)
  const fresh = transcriptOf(conversation, user.id, messages, messages.length >= PAGE)
  const overlaps = known?.messages.some(({ id }) => id === messages[0]?.id) ?? false
  const transcript =
    known && overlaps
      ? { ...known, ...fresh, messages: merged(known.messages, messages), more: known.more }
      : { ...fresh, messages: merged(messages, laterThan(known?.messages ?? [], messages.at(-1)?.position)) }
  const readTo = { ...fresh.readTo }
  for (const side of ["user", "business"] as const) {
    const to = later(readTo[side], known?.readTo[side])
    if (to !== undefined) readTo[side] = to
  }
  bench.own("transcripts").set(transcript.id, { ...transcript, readTo })
  bench.own("users").set(user.id, user)
  for (const alias of user.aliases) bench.own("aliases").set(alias, user.id)
  const lastMessage = transcript.messages.at(-1) ?? conversation.lastMessage
  bench.own("rows").set(ticket.id, {
    ticket: before && before.ticket.updatedAt > ticket.updatedAt ? before.ticket : ticket,
    ...(lastMessage && { lastMessage }),
    unread: Math.max(conversation.unreadCount, unreadIn({ ...transcript, readTo })),
  })
  if (state.opened?.ticketId !== ticketId) return
  const unknown = state.opened.conversationId === undefined
  // The id of a ticket that was joined away answers with the one that is left.
  state.opened = { ...state.opened, ticketId: ticket.id, userId: user.id, conversationId: conversation.id }
  if (unknown) announceViewing(bench)
  if (!state.dossiers.has(user.id)) bench.request("user:get", { userId: user.id, details: true })
}

const laterThan = <M extends { position: string }>(
  messages: readonly M[],
  position: string | undefined,
): M[] => messages.filter((message) => position !== undefined && message.position > position)

export function userLoaded(
  bench: Workbench,
  { user, tickets, devices = [], history = [] }: AgentResult<"user:get">,
): void {
  bench.own("users").set(user.id, user)
  for (const alias of user.aliases) bench.own("aliases").set(alias, user.id)
  bench.own("dossiers").set(user.id, { devices, history, tickets: tickets.map(({ id }) => id) })
  for (const ticket of tickets) {
    const row = bench.state.rows.get(ticket.id)
    if (row && row.ticket.updatedAt > ticket.updatedAt) continue
    bench.own("rows").set(ticket.id, row ? { ...row, ticket } : { ticket, unread: 0 })
  }
}

export function earlier(bench: Workbench): void {
  const { opened: at, transcripts } = bench.state
  const transcript = at?.conversationId === undefined ? undefined : transcripts.get(at.conversationId)
  const first = transcript?.messages[0]
  if (!transcript?.more || transcript.loadingEarlier || !first || !bench.live) return
  bench.own("transcripts").set(transcript.id, { ...transcript, loadingEarlier: true })
  bench.request("message:list", { conversationId: transcript.id, before: first.position })
}

export function earlierLoaded(
  bench: Workbench,
  body: AgentBody<"message:list">,
  { messages, more }: AgentResult<"message:list">,
): void {
  const id = resolve(bench.state, body.conversationId)
  const transcript = bench.state.transcripts.get(id)
  if (!transcript) return
  // After a merge the messages here may begin elsewhere than when the page was asked for: then it is of no use.
  const borders = transcript.messages[0]?.position === body.before
  bench.own("transcripts").set(id, {
    ...transcript,
    loadingEarlier: false,
    ...(borders && { messages: merged(messages, transcript.messages), more }),
  })
}

/**
 * Everything up to here was on the agent's screen. One request at a time, then the latest: an agent who scrolls sees a
 * hundred messages in a second.
 */
export function seen(bench: Workbench, conversationId: string, position: string): void {
  const { transcripts, reading } = bench.state
  const transcript = transcripts.get(conversationId)
  if (!transcript || !bench.live) return
  const asked = reading.get(conversationId)
  const known = asked ?? transcript.readTo.business ?? ""
  const news = transcript.messages.some(
    ({ author, position: at }) => author.type === "user" && at > known && at <= position,
  )
  if (!news) return
  bench.own("reading").set(conversationId, position)
  if (asked === undefined) bench.request("conversation:read", { conversationId, position })
}

export function read(bench: Workbench, { conversationId, position }: AgentBody<"conversation:read">): void {
  moveReadMarker(bench, conversationId, "business", position)
  const latest = bench.state.reading.get(conversationId)
  bench.own("reading").delete(conversationId)
  if (latest !== undefined) seen(bench, conversationId, latest)
}

export function unread(bench: Workbench, { conversationId }: AgentBody<"conversation:read">): void {
  bench.own("reading").delete(conversationId)
}

export function change(bench: Workbench, ticketId: string, wanted: TicketChange, insist = false): void {
  const row = bench.state.rows.get(ticketId)
  if (!row || !bench.live) return
  bench.own("changing").set(ticketId, row.ticket)
  bench.request("ticket:update", {
    ticketId,
    ...wanted,
    ...(!insist && { ifUpdatedAt: row.ticket.updatedAt }),
  })
}

export function changed(
  bench: Workbench,
  { ticketId }: AgentBody<"ticket:update">,
  { ticket }: AgentResult<"ticket:update">,
): void {
  settle(bench, ticketId)
  applyTicket(bench, ticket)
}

const settle = (bench: Workbench, ticketId: string): void => {
  bench.own("changing").delete(ticketId)
}

/** A colleague was faster, or it cannot be done: a notice shows the agent the ticket as it is now. */
export function unchanged(
  bench: Workbench,
  { ticketId, status, assigneeId }: AgentBody<"ticket:update">,
  error: WireError,
): void {
  const before = bench.state.changing.get(ticketId)
  settle(bench, ticketId)
  const ticket = bench.state.rows.get(ticketId)?.ticket
  if (error.code !== "conflict" || !ticket) {
    const { code, message } = error
    bench.notify({ kind: "refused", what: "ticket:update", code, message }, ticketId)
  } else if (ticket.status === "closed") bench.notify({ kind: "ticketClosed" }, ticketId)
  else {
    const wanted: TicketChange = {
      ...(status !== undefined && { status }),
      ...(assigneeId !== undefined && { assigneeId }),
    }
    bench.notify({ kind: "ticketOvertaken", wanted, before: before ?? ticket, now: ticket }, ticketId)
    bench.request("ticket:get", { ticketId })
  }
}

/** The notice of a conflict says what the ticket is by now. */
export function correctNotices(bench: Workbench, ticketId: string): void {
  const now = bench.state.rows.get(ticketId)?.ticket
  if (!now) return
  bench.state.notices = bench.state.notices.map((notice) =>
    notice.ticketId === ticketId && notice.body.kind === "ticketOvertaken"
      ? { ...notice, body: { ...notice.body, now } }
      : notice,
  )
}

export function insist(bench: Workbench, noticeId: number): void {
  const notice = bench.state.notices.find(({ id }) => id === noticeId)
  bench.state.notices = bench.state.notices.filter((one) => one !== notice)
  if (notice?.body.kind !== "ticketOvertaken" || notice.ticketId === undefined) return
  change(bench, notice.ticketId, notice.body.wanted, true)
}

/** Two tickets of one person about one matter become one. */
export function join(bench: Workbench, survivingTicketId: string, discardedTicketId: string): void {
  const { rows } = bench.state
  const [surviving, discarded] = [rows.get(survivingTicketId), rows.get(discardedTicketId)]
  if (!surviving || !discarded || !bench.live) return
  bench.own("changing").set(discardedTicketId, discarded.ticket)
  bench.request("conversation:join", {
    survivingId: surviving.ticket.conversationId,
    discardedId: discarded.ticket.conversationId,
  })
}

export function joined(
  bench: Workbench,
  body: AgentBody<"conversation:join">,
  { conversation }: AgentResult<"conversation:join">,
): void {
  const into = bench.state.transcripts.get(conversation.id)
  if (into) applyConversation(bench, into.userId, conversation)
  unsettleConversation(bench, body.discardedId)
}

export function unjoined(bench: Workbench, body: AgentBody<"conversation:join">, error: WireError): void {
  unsettleConversation(bench, body.discardedId)
  bench.notify({ kind: "refused", what: "conversation:join", code: error.code, message: error.message })
}

function unsettleConversation(bench: Workbench, conversationId: string): void {
  const id = resolve(bench.state, conversationId)
  for (const ticketId of bench.state.changing.keys()) {
    const at = bench.state.rows.get(ticketId)?.ticket.conversationId
    if (at === undefined || at === conversationId || resolve(bench.state, at) === id) settle(bench, ticketId)
  }
}
