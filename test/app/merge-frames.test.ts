/** [P2] However many conversations a merge touched, what is told of it fits into a frame and says if that is not all. */
import { expect, test } from "vitest"
import type { App } from "../../src/app/app.ts"
import { FRAME_BYTES, sizeOf } from "../../src/app/frame-budget.ts"
import { withMessages } from "../../src/app/user-feed.ts"
import type { Conversation } from "../../src/protocol/model.ts"

const conversation = (n: number): Conversation => ({
  id: `con_${String(n).padStart(22, "0")}`,
  isDefault: false,
  createdAt: 1,
  updatedAt: 1,
  status: "open",
  unreadCount: 0,
  readTo: {},
})
const merge = (count: number) => ({
  mergedConversations: Array.from({ length: count }, (_, n) => ({
    surviving: conversation(n).id,
    discarded: `con_a${n}`,
  })),
  conversations: Array.from({ length: count }, (_, n) => conversation(n)),
})
// Nothing is read where no messages came along, so the app is never asked.
const nowhere = {} as App

test.each([1, 100, 2_000, 5_000])("[P2] a merge of %i conversations", async (count) => {
  const stored = merge(count)
  const received: ReturnType<typeof merge> & { more?: true | undefined } = await withMessages(
    nowhere,
    stored,
    [],
    "user",
  )
  expect(sizeOf(received)).toBeLessThan(FRAME_BYTES)
  const all = received.conversations.length === count && received.mergedConversations.length === count
  expect(received.more).toBe(all ? undefined : true)
  expect(all).toBe(count <= 100)
  expect(received.mergedConversations.length).toBeGreaterThan(0)
})
