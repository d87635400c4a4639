/** What is written out by hand is what JSON.stringify makes of it, whatever the message holds. */
import fc from "fast-check"
import { expect, test } from "vitest"
import type { z } from "zod"
import { answerFrame } from "../../src/edge/socket/frame-writer.ts"
import { agentEventJson, feedEventJson, messageJson } from "../../src/edge/socket/message-json.ts"
import * as model from "../../src/protocol/model.ts"

const id = fc.stringMatching(/^[a-z]{3}_[0-9a-z]{2}[0-9A-Za-z]{20}$/)
const anyText = fc.string({ unit: "binary", maxLength: 40 })
const time = fc.nat(2 ** 45)

const author = fc.oneof(
  fc.record({ type: fc.constant("user" as const), id }),
  fc.record({ type: fc.constantFrom("agent" as const, "bot" as const), id: anyText, name: anyText }),
  fc.constant({ type: "system" as const }),
  fc.record({ type: fc.constant("user" as const), id, name: anyText }),
)
const content = fc.oneof(
  fc.record({ type: fc.constant("text" as const), text: anyText }),
  fc.record({ type: fc.constant("image" as const), url: anyText, name: anyText, size: fc.nat() }),
  fc.record({
    type: fc.constant("formResponse" as const),
    formId: id,
    fields: fc.array(fc.record({ name: anyText, value: anyText }), { maxLength: 3 }),
  }),
)
const source = fc.oneof(
  fc.record({ channel: fc.constantFrom("web" as const, "ios" as const), deviceId: anyText }),
  fc.record({ channel: fc.constantFrom("agent" as const, "api" as const) }),
)
const metadata = fc.dictionary(anyText, fc.oneof(anyText, fc.integer(), fc.boolean()))

/** In the order of the schema, each with and without what may be missing. */
const message = fc
  .record(
    {
      id,
      conversationId: id,
      position: fc.stringMatching(/^[0-9a-f]{32}$/),
      receivedAt: time,
      localId: anyText,
      author,
      content,
      metadata,
      source,
      authenticated: fc.boolean(),
      internal: fc.constant(true as const),
    },
    {
      requiredKeys: [
        "id",
        "conversationId",
        "position",
        "receivedAt",
        "author",
        "content",
        "source",
        "authenticated",
      ],
    },
  )
  .map((one) => inOrder(model.message, one))

function inOrder<Value extends object>(schema: z.ZodObject, value: Value): Value {
  const entries = Object.keys(schema.shape).flatMap((key) =>
    key in value ? [[key, Reflect.get(value, key)]] : [],
  )
  // The boundary: the same keys and values, in another order.
  return Object.fromEntries(entries) as Value
}

const cursor = fc.stringMatching(/^usr_[0-9A-Za-z]{22}~[0-9a-z]{8}~[0-9a-z]{1,4}~[0-9A-Za-z_-]{8}$/)

test("a message", () => {
  fc.assert(
    fc.property(message, (one) => {
      expect(messageJson(one)).toBe(JSON.stringify(one))
    }),
  )
})

test("every field of a message is written out", () => {
  const all = fc.sample(message, 200).find((one) => Object.keys(one).length === 11)
  expect(Object.keys(JSON.parse(messageJson(all ?? fail())))).toEqual(Object.keys(model.message.shape))
})
const fail = (): never => {
  throw new Error("No message had every field.")
}

test("an event of a device", () => {
  const event = fc
    .record({ offset: fc.nat(), cursor, at: time, message })
    .map(({ message: one, ...rest }) => ({
      ...rest,
      type: "conversation:message" as const,
      data: { conversationId: one.conversationId, message: one },
    }))
  fc.assert(
    fc.property(event, (one) => {
      expect(feedEventJson(one)).toBe(JSON.stringify(one))
    }),
  )
})

test("an event of a console", () => {
  const event = fc
    .record({ partition: fc.nat(63), offset: fc.nat(), cursor, at: time, message, ticketId: fc.option(id) })
    .map(({ message: one, ticketId, ...rest }) => ({
      ...rest,
      type: "conversation:message" as const,
      data: {
        message: one,
        userId: one.id,
        conversationId: one.conversationId,
        ...(ticketId !== null && { ticketId }),
      },
    }))
  fc.assert(
    fc.property(event, (one) => {
      expect(agentEventJson(one)).toBe(JSON.stringify(one))
    }),
  )
})

test("other events, and answers", () => {
  const read = {
    offset: 1,
    cursor: "c",
    at: 2,
    type: "conversation:read" as const,
    data: { conversationId: "con", reader: "user" as const, position: "p" },
  }
  expect(feedEventJson(read)).toBe(JSON.stringify(read))
  fc.assert(
    fc.property(message, fc.boolean(), (one, duplicate) => {
      const answer = { ok: true as const, result: { message: one, duplicate } }
      expect(answerFrame("/messaging", "7", answer).text).toBe(`3/messaging,7[${JSON.stringify(answer)}]`)
    }),
  )
  const listed = { ok: true as const, result: { messages: [], more: false } }
  expect(answerFrame("/messaging", "7", listed).text).toBe(`3/messaging,7[${JSON.stringify(listed)}]`)
})
