/**
 * What is new in a full state for a device that knew an older one: the messages that it brings, and where there may be
 * more of them than it brings. Pure.
 */

import type { Message } from "./client-model.ts"
import type { Gap } from "./client-status.ts"
import { later } from "./conversation-view.ts"
import { find } from "./user-view.ts"
import type { ConversationView, View } from "./view-model.ts"

export interface Missed {
  readonly fresh: readonly Message[]
  readonly gaps: readonly Gap[]
}

export const NOTHING_MISSED: Missed = { fresh: [], gaps: [] }

export function missedBetween(before: View, after: View): Missed {
  const horizon = before.conversations.reduce((latest, each) => later(latest, endOf(each)), "")
  const each = after.conversations.map((conversation) => {
    const known = knownIn(before, after, conversation)
    // Of a conversation that was not in the view, only messages newer than all of the view are new.
    return missedIn(conversation, known, before.more ? horizon : "")
  })
  const beyond =
    after.more && after.conversations.every((each) => endOf(each) > horizon)
  return {
    fresh: each.flatMap(({ fresh }) => fresh),
    gaps: [...each.flatMap(({ gaps }) => gaps), ...(beyond && horizon !== "" ? [{ after: horizon }] : [])],
  }
}

function missedIn(
  conversation: ConversationView,
  known: ConversationView | undefined,
  horizon: string,
): Missed {
  const after = known ? endOf(known) : horizon
  const fresh = conversation.messages.filter(({ position }) => position > after)
  const hole =
    conversation.completeFrom > after && conversation.messages.length === fresh.length && conversation.more
  return {
    fresh,
    gaps: hole && fresh.length > 0 ? [{ conversationId: conversation.id, after: after || undefined }] : [],
  }
}

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

/** The position of its last message; `""`: it has none. */
const endOf = ({ messages }: ConversationView): string => messages.at(-1)?.position ?? ""
