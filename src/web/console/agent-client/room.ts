/** One conversation: its messages in order, how far each side has read, and how a merge changes it. */
import type { Conversation, Message } from "../../../protocol/model.ts"
import { type Room, type Row, resolve, type Side } from "./state.ts"
import type { Workbench } from "./workbench.ts"

/** Positions are ordered as texts. */
export const later = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

/** Both lists in one order, each message once; where both have a message, that of `added` counts. */
export function merged(before: readonly Message[], added: readonly Message[]): readonly Message[] {
  const last = before.at(-1)
  const [first] = added
  if (first === undefined) return before
  if (added.length === 1 && (last === undefined || first.position > last.position)) return [...before, first]
  const byId = new Map([...before, ...added].map((message) => [message.id, message]))
  return [...byId.values()].sort((a, b) => (a.position < b.position ? -1 : 1))
}

export function roomOf(
  conversation: Conversation,
  userId: string,
  messages: readonly Message[],
  more: boolean,
): Room {
  const { id, createdAt, status, readTo } = conversation
  return {
    id,
    userId,
    createdAt,
    status,
    messages,
    more,
    loadingEarlier: false,
    readTo,
  }
}

/** What the user wrote and no agent has read, as far as the history here tells. */
export function unreadIn({ messages, readTo }: Pick<Room, "messages" | "readTo">): number {
  const { business = "" } = readTo
  return messages.filter(({ author, position }) => author.type === "user" && position > business).length
}

/** A stored message, from the feed or from the answer to one's own send, whichever comes first. */
export function hear(bench: Workbench, message: Message): void {
  const id = resolve(bench.state, message.conversationId)
  const room = bench.state.rooms.get(id)
  if (!room) return
  const own: Message = message.conversationId === id ? message : { ...message, conversationId: id }
  const side = sideOf(message)
  // An author has read all before their message.
  const readTo =
    side && !message.internal
      ? { ...room.readTo, [side]: later(room.readTo[side], own.position) }
      : room.readTo
  bench.own("rooms").set(id, { ...room, messages: merged(room.messages, [own]), readTo })
}

function sideOf({ author }: Message): Side | undefined {
  if (author.type === "user") return "user"
  return author.type === "agent" ? "business" : undefined
}

export function moveReadMarker(bench: Workbench, conversationId: string, side: Side, position: string): void {
  const id = resolve(bench.state, conversationId)
  const room = bench.state.rooms.get(id)
  const to = later(room?.readTo[side], position)
  if (room && to !== undefined)
    bench.own("rooms").set(id, { ...room, readTo: { ...room.readTo, [side]: to } })
  if (side === "business") recount(bench, id, position)
}

/** The business has read up to a position: the unread count of each ticket there follows from the messages known here. */
function recount(bench: Workbench, conversationId: string, position: string): void {
  for (const row of rowsOf(bench, conversationId)) {
    const room = bench.state.rooms.get(conversationId)
    const lastRead = row.lastMessage !== undefined && row.lastMessage.position <= position
    const unread = lastRead ? 0 : room ? Math.min(row.unread, unreadIn(room)) : row.unread
    if (unread !== row.unread) bench.own("rows").set(row.ticket.id, { ...row, unread })
  }
}

/** The tickets of a conversation, of which at most one is active. */
export function rowsOf(bench: Workbench, conversationId: string): Row[] {
  const found: Row[] = []
  for (const row of bench.state.rows.values())
    if (row.ticket.conversationId === conversationId) found.push(row)
  return found
}

/** One conversation became part of another: its id is an alias, and its messages are there. */
export function fold(bench: Workbench, surviving: string, discarded: string): void {
  const { state } = bench
  const into = resolve(state, surviving)
  if (into === discarded) return
  bench.own("aliases").set(discarded, into)
  const folded = state.rooms.get(discarded)
  const rooms = bench.own("rooms")
  rooms.delete(discarded)
  const room = rooms.get(into)
  if (folded) {
    const moved = folded.messages.map((message) => ({ ...message, conversationId: into }))
    const base = room ?? { ...folded, id: into, messages: [], more: false, readTo: {} }
    rooms.set(into, spliced(base, moved, folded.more))
  }
  const draft = state.drafts.get(discarded)
  if (draft) {
    const drafts = bench.own("drafts")
    drafts.delete(discarded)
    if (!drafts.get(into)?.text) drafts.set(into, draft)
  }
  state.outbox = state.outbox.map((one) =>
    one.conversationId === discarded ? { ...one, conversationId: into } : one,
  )
}

/** The messages that a merge brought, and what the conversation is now. */
export function bring(bench: Workbench, userId: string, conversation: Conversation): void {
  const { id, status, messages = [], more = false, readTo } = conversation
  const room = bench.state.rooms.get(id)
  if (!room) return
  const next = spliced(room, messages, more)
  bench.own("rooms").set(id, { ...next, userId, status, readTo })
}

/**
 * Two histories in one. Where one of them is not here from its beginning, what lies before its first message may have
 * holes: it is left out, and is fetched when the agent scrolls there.
 */
function spliced(room: Room, added: readonly Message[], addedMore: boolean): Room {
  const floors = [
    ...(room.more ? [room.messages[0]?.position] : []),
    ...(addedMore ? [added[0]?.position] : []),
  ].filter((position) => position !== undefined)
  const floor = floors.sort().at(-1) ?? ""
  const messages = merged(room.messages, added).filter(({ position }) => position >= floor)
  return { ...room, messages, more: room.more || addedMore }
}
