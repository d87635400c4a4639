/** One conversation: its messages in order, how far each side has read, and how a merge changes it. */
import type { Conversation, Message } from "../../../protocol/model.ts"
import { type InboxRow, resolve, type Side, type Transcript } from "./state.ts"
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

export function transcriptOf(
  conversation: Conversation,
  userId: string,
  messages: readonly Message[],
  more: boolean,
): Transcript {
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
export function unreadIn({ messages, readTo }: Pick<Transcript, "messages" | "readTo">): number {
  const { business = "" } = readTo
  return messages.filter(({ author, position }) => author.type === "user" && position > business).length
}

/** A stored message, from the feed or from the answer to one's own send, whichever comes first. */
export function applyMessage(bench: Workbench, message: Message): void {
  const id = resolve(bench.state, message.conversationId)
  const transcript = bench.state.transcripts.get(id)
  if (!transcript) return
  const own: Message = message.conversationId === id ? message : { ...message, conversationId: id }
  const side = sideOf(message)
  // An author has read all before their message.
  const readTo =
    side && !message.internal
      ? { ...transcript.readTo, [side]: later(transcript.readTo[side], own.position) }
      : transcript.readTo
  bench.own("transcripts").set(id, { ...transcript, messages: merged(transcript.messages, [own]), readTo })
}

function sideOf({ author }: Message): Side | undefined {
  if (author.type === "user") return "user"
  return author.type === "agent" ? "business" : undefined
}

export function moveReadMarker(bench: Workbench, conversationId: string, side: Side, position: string): void {
  const id = resolve(bench.state, conversationId)
  const transcript = bench.state.transcripts.get(id)
  const to = later(transcript?.readTo[side], position)
  if (transcript && to !== undefined)
    bench.own("transcripts").set(id, { ...transcript, readTo: { ...transcript.readTo, [side]: to } })
  if (side === "business") recount(bench, id, position)
}

/** The business has read up to a position: the unread count of each ticket there follows from the messages known here. */
function recount(bench: Workbench, conversationId: string, position: string): void {
  for (const row of rowsOf(bench, conversationId)) {
    const transcript = bench.state.transcripts.get(conversationId)
    const lastRead = row.lastMessage !== undefined && row.lastMessage.position <= position
    const unread = lastRead ? 0 : transcript ? Math.min(row.unread, unreadIn(transcript)) : row.unread
    if (unread !== row.unread) bench.own("rows").set(row.ticket.id, { ...row, unread })
  }
}

/** The tickets of a conversation, of which at most one is active. */
export function rowsOf(bench: Workbench, conversationId: string): InboxRow[] {
  const found: InboxRow[] = []
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
  const folded = state.transcripts.get(discarded)
  const transcripts = bench.own("transcripts")
  transcripts.delete(discarded)
  const transcript = transcripts.get(into)
  if (folded) {
    const moved = folded.messages.map((message) => ({ ...message, conversationId: into }))
    const base = transcript ?? { ...folded, id: into, messages: [], more: false, readTo: {} }
    transcripts.set(into, spliced(base, moved, folded.more))
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
export function applyConversation(bench: Workbench, userId: string, conversation: Conversation): void {
  const { id, status, messages = [], more = false, readTo } = conversation
  const transcript = bench.state.transcripts.get(id)
  if (!transcript) return
  const next = spliced(transcript, messages, more)
  bench.own("transcripts").set(id, { ...next, userId, status, readTo })
}

/**
 * Two histories in one. Where one of them is not here from its beginning, what lies before its first message may have
 * holes: it is left out, and is fetched when the agent scrolls there.
 */
function spliced(transcript: Transcript, added: readonly Message[], addedMore: boolean): Transcript {
  const floors = [
    ...(transcript.more ? [transcript.messages[0]?.position] : []),
    ...(addedMore ? [added[0]?.position] : []),
  ].filter((position) => position !== undefined)
  const floor = floors.sort().at(-1) ?? ""
  const messages = merged(transcript.messages, added).filter(({ position }) => position >= floor)
  return { ...transcript, messages, more: transcript.more || addedMore }
}
