/** An agent joins two conversations of a user into one (docs/protocol.md 6). */
import { conversationView } from "../../domain/conversation.ts"
import { joinChangeSet, planJoin } from "../../domain/join.ts"
import type { AgentBody, AgentResult } from "../../protocol/agent.ts"
import { HubError } from "../../protocol/errors.ts"
import { AGAIN, transact } from "../../repository/transact.ts"
import { afterFold } from "../after-fold.ts"
import type { App } from "../app.ts"
import { loadConversationState } from "../conversation-lookup.ts"
import { bearsBadge } from "../load-badges.ts"
import { resolveUser, settleConversation } from "../merge-users.ts"
import { showConversation } from "../show-conversations.ts"
import { isExact } from "../tell-again.ts"
import { movesBadges, tellBadges } from "../tell-badges.ts"

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
      {
        into: await loadConversationState(app, surviving, reads),
        from: await loadConversationState(app, discarded, reads),
      },
      partition,
      now,
    )
    const { joined, move } = joining
    // A closed ticket bears no badge; one that moves keeps it.
    const badge = move && !move.closed && (await bearsBadge(person.partition, person.record, move.after))
    return {
      partition: surviving.partition,
      changeSet: joinChangeSet(person, joining, partition, badge === true, isExact(tries)),
      committed() {
        afterFold(app, [joined], isExact(tries))
        if (movesBadges(person.record, 0)) tellBadges(app, person.record.id)
        return {
          conversation: conversationView(joined.record, joined.reading, "business", joined.last.business),
        }
      },
    }
  })
}
