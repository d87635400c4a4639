/**
 * Changes of rankings that follow from the rest of a change set. They are derived for every commit, so that no rule can
 * forget them. A record's previous value is the one that the change set expects.
 */
import type { Append, ChangeSet, RankingChange } from "../domain/change-set.ts"
import type { UserRecord } from "../domain/records.ts"
import { searchChanges } from "../domain/search.ts"

export function derivedRankings(changeSet: ChangeSet): RankingChange[] {
  const changes: RankingChange[] = []
  addSearchTerms(changeSet, changes)
  for (const append of changeSet.append ?? []) {
    const badge = toldBadge(append)
    if (badge) changes.push(badge)
  }
  return changes
}

/** Whether an entry tells agents of a ticket. */
export const tellsTicket = (append: Append): boolean =>
  append.to === "agents" && append.payload.kind === "ticket"

/** Keeps the ranking `badged` equal to what agents were told, in the same commit that tells them. */
function toldBadge(append: Append): RankingChange | undefined {
  if (append.to !== "agents" || append.payload.kind !== "ticket") return undefined
  const { ticket, type } = append.payload
  if (type === "ticket:create" && !ticket.authenticated) return undefined
  const score = ticket.authenticated ? ticket.updatedAt : "out"
  return { of: "badged", name: ticket.userId, member: ticket.id, score }
}

function addSearchTerms({ expect = [], put = [] }: ChangeSet, to: RankingChange[]): void {
  for (const one of put) {
    if (one.kind !== "user") continue
    const known = expect.find(({ kind, id }) => kind === "user" && id === one.id)
    if (!known || !(known.version === 0 || "value" in known))
      throw new Error("A user is written without what was expected of it.")
    // The boundary: a versioned record of this kind holds a value of this kind.
    to.push(...searchChanges(known.value as UserRecord | undefined, one.value, one.id))
  }
}
