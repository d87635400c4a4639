/** Cuts lists so that they fit into one frame, by bytes and not by count (docs/protocol.md 2, 3.1). */
import type { Conversation } from "../protocol/model.ts"

/** No frame is larger than 256 KB. The budget leaves 8 KB for the packet's envelope and the fields around the lists. */
export const FRAME_BYTES = 256 * 1024
export const FRAME_BUDGET = FRAME_BYTES - 8 * 1024

/** Bytes of a value as JSON. */
export function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? "")
}

/** As many items from the beginning as fit into a frame. */
export function firstThatFit<T>(items: readonly T[]): T[] {
  let left = FRAME_BUDGET
  const end = items.findIndex((item) => {
    left -= sizeOf(item) + 1
    return left < 0
  })
  return items.slice(0, end === -1 ? items.length : end)
}

/** All conversations, each with its last message as long as these fit into the budget of bytes; what is left of it. */
export function withLastThatFit(
  conversations: readonly Conversation[],
  budget: number,
): { readonly conversations: Conversation[]; readonly left: number } {
  const bare = conversations.map(({ lastMessage: _, ...rest }) => rest)
  let left = budget - sizeOf(bare)
  const withLast = conversations.map((conversation, index) => {
    const { lastMessage } = conversation
    const size = sizeOf({ lastMessage })
    if (size > left) return bare[index] ?? conversation
    left -= size
    return conversation
  })
  return { conversations: withLast, left }
}

/** As many items from the end as fit into the budget of bytes. */
export function latestThatFit<T>(items: readonly T[], budget: number): T[] {
  let left = budget
  let from = items.length
  while (from > 0) {
    left -= sizeOf(items[from - 1]) + 1
    if (left < 0) break
    from -= 1
  }
  return items.slice(from)
}

/**
 * Every conversation is named. Their last messages and then, from the latest conversation down, as many messages
 * as fit are included; where some are left out, `more` is set.
 */
export function withinFrame(conversations: readonly Conversation[]): Conversation[] {
  const bare = conversations.map(({ messages: _, ...rest }) => rest)
  const named = withLastThatFit(bare, FRAME_BUDGET)
  let budget = named.left
  return conversations.map((conversation, index) => {
    const fitting = latestThatFit(conversation.messages ?? [], budget)
    budget -= sizeOf(fitting)
    const cut = fitting.length < (conversation.messages?.length ?? 0)
    return {
      ...(named.conversations[index] ?? conversation),
      messages: fitting,
      more: cut || conversation.more === true,
    }
  })
}
