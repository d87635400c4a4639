/** The feed of an app as agents see it: one log per partition (docs/protocol.md 6). */

import { REPLAYED_MS } from "../../domain/compaction.ts"
import { forBusiness } from "../../domain/conversation.ts"
import { idsOf } from "../../domain/event-entries.ts"
import type { EventSubject } from "../../domain/log-payloads.ts"
import type { Address } from "../../domain/position.ts"
import { FIRST } from "../../domain/position.ts"
import type { AgentEvent, BusinessEvent } from "../../protocol/agent.ts"
import type { AgentEntry } from "../../repository/log-entries.ts"
import type { Partition } from "../../repository/partition.ts"
import type { App } from "../app.ts"
import { FRAME_BUDGET, sizeOf } from "../frame-budget.ts"
import { pointedMessage, withMessages } from "../user-feed.ts"
import { FeedPositions, type NamedEntry } from "./feed-positions.ts"

/** An event with its subject, by which the scopes of consoles decide who gets it. */
export interface AgentFeedItem {
  readonly event: AgentEvent
  readonly subject: EventSubject
  /** Its entry in the partition's log. */
  readonly entry: NamedEntry
}

/**
 * [S10] Whether these events continue the positions without a hole. If not, the store lost its tail between following
 * and reading.
 */
export function goesOn(from: FeedPositions, items: readonly AgentFeedItem[]): boolean {
  const reached = from.heads.map(({ n }) => n)
  return items.every(({ event: { partition, offset } }) => {
    const n = reached[partition] ?? 0
    reached[partition] = Math.max(n, offset)
    return offset <= n + 1
  })
}

/** @param positions are moved on by this entry; the event's cursor holds them as they are then */
export async function agentItemOf(
  app: App,
  partition: number,
  entry: AgentEntry,
  positions: FeedPositions,
): Promise<AgentFeedItem> {
  const cursor = cursorAt(app, partition, entry, positions)
  const { event, subject } = await contentOf(app, entry)
  return {
    event: { partition, offset: entry.n, cursor, at: timeOf(app, entry), ...event },
    subject,
    entry,
  }
}

function cursorAt(app: App, partition: number, entry: NamedEntry, positions: FeedPositions): string {
  positions.pass(partition, entry)
  return positions.cursor(Math.min(entry.at, app.now()))
}

/** The event with a cursor of its own, for a console whose positions are ahead of the node's feed in other partitions. */
export function withOwnCursor(
  app: App,
  { event, entry }: AgentFeedItem,
  positions: FeedPositions,
): AgentEvent {
  return { ...event, cursor: cursorAt(app, event.partition, entry, positions) }
}

/** More than any difference between a node's clock and the store's. */
const AHEAD_MS = 60_000

/**
 * An event's time: that of the message it points to, else that of its entry. A log's times never go back, so after one commit
 * while the store's clock was ahead, all entries bear that time until the clock has caught up. Those are dated now.
 */
function timeOf(app: App, { at, message }: AgentEntry): number {
  const time = message?.at ?? at
  const now = app.now()
  return time > now + AHEAD_MS && !message ? now : time
}

interface Content {
  readonly event: BusinessEvent
  readonly subject: EventSubject
}

async function contentOf(app: App, { payload, message, at }: AgentEntry): Promise<Content> {
  switch (payload.kind) {
    case "message": {
      const shown = forBusiness(pointedMessage(message))
      const { userId, ticketId, assigneeId } = payload.subject
      const subject = { userId, conversationId: shown.conversationId, ticketId, assigneeId }
      const data = { message: shown, ...idsOf(subject) }
      return { subject, event: { type: "conversation:message", data } }
    }
    case "ticket": {
      const { type, subject, active } = payload
      const ticket = { ...payload.ticket, ...(active && { lastActivityAt: message?.at ?? at }) }
      const { userId, conversationId, id: ticketId } = ticket
      return { subject, event: { type, data: { userId, conversationId, ticketId, ticket } } }
    }
    case "event":
      return payload
    case "import": {
      const { event, subject, importedSegments } = payload
      if (event.type === "user:merge") {
        const data = await withMessages(app, event.data, importedSegments, "business")
        return { subject, event: { type: event.type, data } }
      }
      const data = await withMessages(app, event.data, importedSegments, "business")
      return { subject, event: { type: event.type, data } }
    }
  }
}

/** A merge that left out what consoles may have shown (`held-sends.ts`): no event takes it back, so they start over. */
export const takesBack = ({ payload }: AgentEntry): boolean =>
  payload.kind === "import" &&
  payload.importedSegments.some(({ segments }) => segments.some(({ leftOut }) => leftOut))

const PAGE_ENTRIES = 500
/** Partitions that are read side by side. */
const READ_AT_ONCE = 16
/** More missed events than this fit into no frame. */
const MAX_MISSED_EVENTS = 2_000

/**
 * [P2] Exactly the events after a cursor, oldest first. `undefined`, and the console starts over: the cursor is not of
 * this feed, events after it are gone, or they do not fit into a frame.
 */
export async function agentItemsAfter(
  app: App,
  cursor: string,
): Promise<{ events: AgentEvent[]; positions: FeedPositions } | undefined> {
  const positions = await FeedPositions.of(app, cursor)
  if (!positions) return undefined
  const missed: { partition: number; entry: AgentEntry }[] = []
  for (let from = 0; from < app.partitions.length; from += READ_AT_ONCE) {
    const some = app.partitions.slice(from, from + READ_AT_ONCE)
    const pages = await Promise.all(some.map((one) => missedIn(one, positions.at(one.index))))
    for (const [index, entries] of pages.entries()) {
      if (!entries) return undefined
      missed.push(...entries.map((entry) => ({ partition: from + index, entry })))
    }
    if (missed.length > MAX_MISSED_EVENTS) return undefined
  }
  if (missed.some(({ entry }) => takesBack(entry) || entry.at < app.now() - REPLAYED_MS)) return undefined
  missed.sort((a, b) => a.entry.at - b.entry.at || a.partition - b.partition || a.entry.n - b.entry.n)
  const events: AgentEvent[] = []
  let budget = FRAME_BUDGET
  for (const { partition, entry } of missed) {
    const { event } = await agentItemOf(app, partition, entry, positions)
    budget -= sizeOf(event)
    if (budget < 0) return undefined
    events.push(event)
  }
  return { events, positions }
}

async function missedIn(partition: Partition, last: NamedEntry): Promise<AgentEntry[] | undefined> {
  const found: AgentEntry[] = []
  let after: Address = last.n === 0 ? FIRST : { at: last.at, n: last.n - 1 }
  for (;;) {
    const page = await partition.agents({ after, limit: PAGE_ENTRIES })
    found.push(...page)
    const end = page.at(-1)
    if (page.length < PAGE_ENTRIES || !end || found.length > MAX_MISSED_EVENTS) break
    after = end
  }
  if (last.n === 0) return (found[0]?.n ?? 1) === 1 ? found : undefined
  const named = found.shift()
  return named?.n === last.n && named.tag === last.tag && named.at === last.at ? found : undefined
}
