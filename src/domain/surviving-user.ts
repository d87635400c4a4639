/** The survivor's record after a merge: the survivor's own values win, the discarded user's fill what is absent. */

import type { Millis } from "../protocol/branded.ts"
import type { ConversationMode } from "../protocol/settings.ts"
import type { MergePlan } from "./fold.ts"
import type { MergeSides } from "./merge-sides.ts"
import type { UserRecord } from "./records.ts"
import { isActive } from "./ticket.ts"
import { mergedMetadata, mergedProfile, withMergedId } from "./user.ts"

/** @param sendsKnown whether everything that the discarded user sent is known under the survivor's id (`known-sends.ts`) */
export function survivingUser(
  { survivor, discarded }: MergeSides<UserRecord>,
  plan: MergePlan,
  { now, mode }: { readonly now: Millis; readonly mode: ConversationMode },
  sendsKnown: boolean,
): UserRecord {
  const externalId = survivor.externalId ?? discarded.externalId
  const metadata = mergedMetadata({ survivor: survivor.metadata, discarded: discarded.metadata })
  const tokensAfter = Math.max(survivor.tokensAfter ?? 0, discarded.tokensAfter ?? 0)
  const activeTickets =
    (survivor.activeTickets ?? 0) + plan.tickets.filter(({ after }) => isActive(after)).length
  const defaultConversation =
    survivor.defaultConversation ??
    plan.updated.find((updated) => updated.record.isDefault)?.record.id ??
    plan.updated[0]?.record.id
  return {
    ...survivor,
    ...(externalId !== undefined && { externalId }),
    profile: mergedProfile({ survivor: survivor.profile, discarded: discarded.profile }),
    ...(metadata && { metadata }),
    mergedIds: withMergedId(
      { survivor, discarded },
      now,
      !sendsKnown ? "nothing" : mode === "multi" ? "sends" : "everything",
    ),
    // [P4] The discarded user's tokens sign in as the survivor now: those that were revoked must stay so.
    ...(tokensAfter > 0 && { tokensAfter }),
    ...(defaultConversation !== undefined && { defaultConversation }),
    ...(activeTickets > 0 && { activeTickets }),
  }
}
