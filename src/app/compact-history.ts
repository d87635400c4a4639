/** Compacts a history in the background, commit by commit: any node goes on where another one stopped. */

import { setImmediate as turn } from "node:timers/promises"
import { compact, compactionSources } from "../domain/compaction.ts"
import { isPartOf, type LogEntry, NO_MARKERS } from "../domain/conversation.ts"
import type { Segment } from "../domain/records.ts"
import { randomText } from "../lib/ids.ts"
import type { ConversationId } from "../protocol/branded.ts"
import { transact } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { isBusy } from "./busy-conversation.ts"
import {
  loadConversationState,
  type ResolvedConversation,
  resolveConversation,
} from "./conversation-lookup.ts"
import { readingsOf } from "./reading.ts"

/** Tries before it gives up because the history changes each time: the next fold starts it again. */
const MAX_TRIES = 20
/** Tries that expect that no message comes meanwhile; under a steady stream there is none. */
const MAX_EXACT_TRIES = 3
const NAME_CHARACTERS = 12

/** Resolves when few segments are left or a commit failed; what remains is left to the next fold. */
export async function compactHistory(app: App, conversationId: ConversationId): Promise<void> {
  while (await compactOnce(app, conversationId).catch(() => false));
}

/** @returns whether there may be more to do */
function compactOnce(app: App, conversationId: ConversationId): Promise<boolean> {
  return transact<boolean>(app, "conversation:compact", async (reads, tries) => {
    const place = await resolveConversation(app, conversationId, reads)
    const sources = place && compactionSources(place.record)
    if (!sources || tries > MAX_TRIES) return { answer: false }
    const state = await loadConversationState(app, place, reads)
    const exact = tries <= MAX_EXACT_TRIES && !isBusy(app, state)
    // Background work lets others run after each reading: with an embedded store reading yields no turn by itself.
    await turn()
    const copied = await Promise.all(
      sources.map(async (segment) => ({ segment, entries: await entriesOf(app, segment) })),
    )
    await turn()
    const user = await byLogOf(app, place, state.markers.value, "user", sources)
    await turn()
    const business = await byLogOf(app, place, state.markers.value, "business", sources)
    const changeSet = compact({
      state,
      partition: place.partition.index,
      sources: copied,
      byLog: { user, business },
      fresh: `${place.record.id}.c${randomText(NAME_CHARACTERS)}`,
      exact,
    })
    return changeSet ? { partition: place.partition, changeSet, committed: () => true } : { answer: false }
  })
}

async function entriesOf(app: App, segment: Segment): Promise<LogEntry[]> {
  const { log, partition, last } = segment
  const entries = await app.partition(partition).messages(log, {
    before: { at: last.at, n: last.n + 1 },
    limit: last.n,
  })
  return entries.filter((entry) => isPartOf(segment, entry))
}

async function byLogOf(
  app: App,
  { partition, record }: ResolvedConversation,
  markers = NO_MARKERS,
  side: "user" | "business",
  sources: readonly Segment[],
) {
  const again = new Set(sources.map(({ log }) => log))
  return (await readingsOf(app, partition, record, markers, side, { again })).byLog
}
