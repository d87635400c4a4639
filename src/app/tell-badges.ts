/**
 * Tells agents which tickets gained or lost the badge by a change (docs/protocol.md 5). Where a user has more active tickets
 * than badges, one message moves two badges. So that messages need not wait for each other, agents are told afterwards: the
 * tickets that bear the badge are compared with those that agents were told of, and the differences become events.
 */

import { setTimeout as delay } from "node:timers/promises"
import { badgeChanges, MAX_BADGES, needsRanking } from "../domain/badge.ts"
import type { ChangeSet } from "../domain/change-set.ts"
import type { MergeSides } from "../domain/merge-sides.ts"
import type { UserRecord } from "../domain/records.ts"
import { ticketEvent, ticketOfMember } from "../domain/ticket.ts"
import { isAuthenticated } from "../domain/user.ts"
import type { UserId } from "../protocol/branded.ts"
import { ref } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import { transact } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { lastActivity } from "./conversation-lookup.ts"
import { resolveTicket } from "./load-badges.ts"
import { preloadTickets } from "./preload.ts"

/** Tickets read of those that agents know as bearing the badge. Further ones come with the next comparison. */
const MAX_TOLD = 3 * MAX_BADGES
/** Between two comparisons for a user who is written to without a pause. */
const PAUSE_MS = 50

/**
 * @param active the number of the user's active tickets after a change
 *
 * @returns whether it may have moved badges of other tickets
 */
export const movesBadges = (user: UserRecord, active: number): boolean =>
  isAuthenticated(user) && needsRanking(Math.max(active, user.activeTickets ?? 0))

/** Compares and tells in the background. No caller waits for it, and if it fails the user's next message starts it again. */
export function tellBadges(app: App, userId: UserId): void {
  app.background.run(`badges ${userId}`, async () => {
    try {
      while (await tellDifference(app, userId)) await delay(PAUSE_MS)
    } catch (error) {
      app.contention.away("badges:tell", error)
    }
  })
}

/** After a merge: the two users may together have more active tickets than badges. */
export function tellBadgesAfterMerge(app: App, { survivor, discarded }: MergeSides<UserRecord>): void {
  const active = (survivor.activeTickets ?? 0) + (discarded.activeTickets ?? 0)
  if (movesBadges(survivor, active) || movesBadges(discarded, active)) tellBadges(app, survivor.id)
}

/** @returns whether anything was told: then more may have moved meanwhile */
function tellDifference(app: App, userId: UserId): Promise<boolean> {
  return transact(app, "badges:tell", async () => {
    const partition = app.homePartition(userId)
    if (!partition) return { answer: false }
    const [[user], active, bearing] = await Promise.all([
      partition.load(ref("user", userId)),
      // Those that lost the badge mostly follow those that bear it.
      partition.rank("active", userId, { limit: 2 * MAX_BADGES }),
      partition.rank("badged", userId, { limit: MAX_TOLD }),
    ])
    // The tickets of a merged user are told of as the survivor's.
    if (!user.value || user.value.mergeState || !isAuthenticated(user.value)) return { answer: false }
    const before = bearing.map(({ member }) => member)
    const changes = badgeChanges(before, active)
    if (changes.length === 0) return { answer: false }

    const reads = new ReadSet()
    await preloadTickets(
      app,
      changes.map(({ ticketId }) => ticketId),
      reads,
    )
    const changeSets = await Promise.all(
      changes.map(async ({ ticketId, authenticated }): Promise<ChangeSet> => {
        const found = await resolveTicket(app, ticketId, reads)
        if (found?.record.userId !== userId)
          return { rank: [{ of: "badged", name: userId, member: ticketId, score: "out" }] }
        const score = active.find(({ member }) => ticketOfMember(member) === ticketId)?.score
        const lastActivityAt = score ?? found.lastActivityAt ?? (await lastActivity(app, found))
        return {
          // The event states the ticket whole, so it must not have changed since.
          expect: [found.versioned],
          append: [ticketEvent(found.ticket, found.record, authenticated, lastActivityAt)],
        }
      }),
    )
    const append = changeSets.flatMap(({ append = [] }) => append)
    const changeSet = {
      expect: [user, ...changeSets.flatMap(({ expect = [] }) => expect)],
      append,
      rank: changeSets.flatMap(({ rank = [] }) => rank),
    }
    return { partition, changeSet, committed: () => append.length > 0 }
  })
}
