/** Markers and folds: what was read stays read, what was unread stays unread (docs/protocol.md 3.4). */
import { expect, test } from "vitest"
import {
  foldedMessages,
  joinedMarkers,
  latestAddress,
  NO_MARKERS,
  readUpTo,
} from "../../src/domain/conversation.ts"
import type { ConversationRecord } from "../../src/domain/records.ts"

const segment = (log: string, at: number, messages: number) => ({
  log,
  partition: 0,
  last: { at, n: messages },
  messages,
})
const record: ConversationRecord = {
  id: "con_a",
  userId: "usr_a",
  createdAt: 0,
  isDefault: true,
  log: "con_a",
  segments: [segment("con_b", 5, 3), segment("con_c", 9, 4)],
}

test("[3.2] reading at a place reads every part of the history up to it, for this side only", () => {
  const read = readUpTo(NO_MARKERS, "user", record, "5")
  expect(read).toEqual({ user: { con_a: "5", con_b: "5", con_c: "5" }, business: {} })
})

test("[3.2] a marker only moves forward, each part's for itself", () => {
  const before = { user: { con_a: "7", con_b: "3" }, business: { con_a: "9" } }
  expect(readUpTo(before, "user", record, "5")).toEqual({
    user: { con_a: "7", con_b: "5", con_c: "5" },
    business: { con_a: "9" },
  })
})

test("[3.4] a fold keeps the markers of both sides", () => {
  const joined = joinedMarkers({
    survivor: { user: { a: "1" }, business: {} },
    discarded: { user: { b: "2" }, business: { b: "3" } },
  })
  expect(joined).toEqual({ user: { a: "1", b: "2" }, business: { b: "3" } })
})

test("[4.2] folded logs count towards the bound, and new messages stand after the latest of them", () => {
  expect(foldedMessages(record)).toBe(7)
  expect(latestAddress(record.segments)).toEqual({ at: 9, n: 4 })
  expect(latestAddress([])).toBeUndefined()
})
