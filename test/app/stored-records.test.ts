/** What an older version has stored is read as it was meant. */
import { pack } from "msgpackr"
import { expect, test } from "vitest"
import { RECORD_CODECS } from "../../src/repository/codec.ts"

const { conversation } = RECORD_CODECS

test("a field that is written no more keeps its place: a conversation of 0.1.0 has its metadata and ticket", () => {
  const ticket = { id: "tkt_1", status: "open", createdAt: 1, updatedAt: 2 }
  const row = [1, "con_1", "usr_1", 1, true, "con_1", [], ["con_0"], { order: "7" }, null, ticket]
  const read = conversation.decode(pack(row))
  expect(read).toEqual({
    id: "con_1",
    userId: "usr_1",
    createdAt: 1,
    isDefault: true,
    log: "con_1",
    segments: [],
    metadata: { order: "7" },
    ticket,
  })
  expect(conversation.decode(conversation.encode(read))).toEqual(read)
})
