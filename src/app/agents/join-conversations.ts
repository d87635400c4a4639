/** An agent joins two conversations of a user into one (docs/protocol.md 6). */
import type { BadgeOutcome } from "../../domain/badge.ts"
import { conversationView } from "../../domain/conversation.ts"
import { type JoinedTicket, joinChangeSet, planJoin } from "../../domain/join.ts"
import { activeMember } from "../../domain/ticket.ts"
import type { AgentBody, AgentResult } from "../../protocol/agent.ts"
import { HubError } from "../../protocol/errors.ts"
import { AGAIN, transact } from "../../repository/transact.ts"
import { afterFold } from "../after-fold.ts"
import type { App } from "../app.ts"
import { bearsBadge, decideBadges } from "../badges.ts"
import { loadConversationState, showConversation } from "../conversation-lookup.ts"
import { resolveUser, settleConversation } from "../merge-users.ts"
import { isExact } from "../tell-again.ts"
import type { ResolvedUser } from "../user-data.ts"

/** @throws HubError `not_found`; `bad_request` for conversations of two users */
export async function joinConversations(
  app: App,
  { survivingId, discardedId }: AgentBody<"conversation:join">,
  now: number,
): Promise<AgentResult<"conversation:join">> {
  return transact(app, "conversation:join", async (reads, tries) => {
    const surviving = await settleConversation(app, survivingId, reads)
    const discarded = await settleConversation(app, discardedId, reads)
    if (!surviving || !discarded) throw new HubError("not_found", "No such conversation.")
    if (surviving.record.id === discarded.record.id)
      return { answer: { conversation: await showConversation(app, surviving, 0, "business") } }
    if (surviving.record.userId !== discarded.record.userId)
      throw new HubError("bad_request", "discardedId: must be a conversation of the same user.")
    const person = await resolveUser(app, surviving.record.userId, reads)
    if (person?.record.id !== surviving.record.userId) return AGAIN

    const partition = surviving.partition.index
    const joining = planJoin(
      await loadConversationState(app, surviving, reads),
      await loadConversationState(app, discarded, reads),
      partition,
      now,
    )
    const { joined, move } = joining
    const badges = move && (await badgesOf(app, person, move))
    return {
      partition: surviving.partition,
      changeSet: joinChangeSet(person, joining, partition, badges, isExact(tries)),
      committed() {
        afterFold(app, [joined], isExact(tries))
        return {
          conversation: conversationView(joined.record, joined.reading, "business", joined.last.business),
        }
      },
    }
  })
}

/** A ticket that is closed leaves the ranking; one that moves keeps its badge. */
async function badgesOf(
  app: App,
  { partition, record }: ResolvedUser,
  { before, after, closed }: JoinedTicket,
): Promise<BadgeOutcome> {
  if (closed) return decideBadges(app, partition, record, { leaves: activeMember(before) }, -1)
  return {
    own: await bearsBadge(partition, record, after),
    changed: false,
    decisive: false,
    append: [],
    expect: [],
  }
}
