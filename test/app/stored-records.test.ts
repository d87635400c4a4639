/** What an older version has stored is read as it was meant. */
import { pack } from "msgpackr"
import { expect, test } from "vitest"
import type { LogPayload } from "../../src/domain/log-payloads.ts"
import { logPayload, RECORD_CODECS } from "../../src/repository/codec.ts"

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

const FROM_A_PHONE: LogPayload = {
  kind: "message",
  id: "msg_1",
  localId: "l1",
  author: { type: "user", id: "usr_1" },
  content: { type: "text", text: "Where is it? \u{1f69a}" },
  source: { channel: "ios", deviceId: "phone" },
  authenticated: true,
}

const A_NOTE: LogPayload = {
  kind: "message",
  id: "msg_2",
  author: { type: "agent", id: "agt_1", name: "Ana" },
  content: { type: "image", url: "https://shop.example/a.png", size: 7 },
  metadata: { text: "7", constructor: "x", toJSON: "y" },
  source: { channel: "agent" },
  authenticated: false,
  internal: true,
}

const FROM_A_BOT: LogPayload = {
  kind: "message",
  id: "msg_3",
  localId: "msg_3",
  author: { type: "bot" },
  content: { type: "form", fields: [{ name: "email", label: "Email", type: "email" }] },
  source: { channel: "api" },
  authenticated: false,
}

test.for([
  FROM_A_PHONE,
  A_NOTE,
  FROM_A_BOT,
  { kind: "copy", log: "con_1.2", n: 7, message: A_NOTE, user: "unread" },
] satisfies LogPayload[])("what a message log holds is read as it was written (%#)", (payload) => {
  expect(logPayload.decode(logPayload.encode(payload))).toEqual(payload)
})

test("messages, and copies of them, that were stored with the names of their fields are read", () => {
  const { author, content, source } = FROM_A_PHONE
  const row = [1, "msg_1", author, content, source, true, "l1"]
  expect(logPayload.decode(pack(row))).toEqual(FROM_A_PHONE)
  expect(logPayload.decode(pack([3, "con_1.2", 7, null, 1, pack(row)]))).toEqual({
    kind: "copy",
    log: "con_1.2",
    n: 7,
    user: undefined,
    business: "read",
    message: FROM_A_PHONE,
  })
})
