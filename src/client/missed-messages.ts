/**
 * What a change of the view brings: new messages, and, where a full state came to a device that knew an older one, where
 * there may be more of them than it brings. Pure.
 */

import type { Message } from "./client-model.ts"
import type { Gap } from "./client-status.ts"
import { distinct, has, later, positionOf } from "./conversation-view.ts"
import { find } from "./user-view.ts"
import type { ConversationView, View } from "./view-model.ts"

export interface Missed {
  readonly fresh: readonly Message[]
  readonly gaps: readonly Gap[]
}

/** @param brought the messages of the events between; absent: a full state came */
export function missedBetween(before: View, after: View, brought: readonly Message[] | undefined): Missed {
  if (!brought) return missedByState(before, after)
  const fresh = distinct(brought).filter((message) => !knows(before, message) && knows(after, message))
  return { fresh, gaps: [] }
}

function knows(view: View, message: Message): boolean {
  const conversation = find(view, message.conversationId)
  return conversation !== undefined && has(conversation, message)
}

function missedByState(before: View, after: View): Missed {
  const horizon = before.conversations.reduce((latest, each) => later(latest, endOf(each)), "")
  const each = after.conversations.map((conversation) => {
    const known = knownIn(before, after, conversation)
    // Of a conversation that was not in the view, only messages newer than all of the view are new.
    return missedIn(conversation, known ? endOf(known) : before.more ? horizon : "")
  })
  const beyond = horizon && after.more && after.conversations.every((each) => endOf(each) > horizon)
  return {
    fresh: each.flatMap(({ fresh }) => fresh),
    gaps: [...each.flatMap(({ gaps }) => gaps), ...(beyond ? [{ after: horizon }] : [])],
  }
}

function missedIn({ id, messages, more, completeFrom }: ConversationView, after: string): Missed {
  const fresh = messages.filter(({ position }) => position > after)
  const hole = more && completeFrom > after && messages.length === fresh.length
  return {
    fresh,
    gaps: hole && fresh.length > 0 ? [{ conversationId: id, after: after || undefined }] : [],
  }
}

/** The position of its last message; `""`: it has none. */
const endOf = ({ messages }: ConversationView): string => positionOf(messages.at(-1))

/** The conversation as it was known, also under an id that was folded into it since: its messages lie in it. */
function knownIn(
  before: View,
  after: View,
  { id, messages }: ConversationView,
): ConversationView | undefined {
  const direct = find(before, id)
  if (direct) return direct
  const ids = new Set(messages.map((message) => message.id))
  return before.conversations.find(
    (gone) => !find(after, gone.id) && gone.messages.some((message) => ids.has(message.id)),
  )
}
