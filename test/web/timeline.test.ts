import { describe, expect, test } from "vitest"
import type { Message } from "../../src/protocol/model.ts"
import { rowsOf } from "../../src/web/ui/timeline-rows.ts"
import type { ChatConversation, ShownOutgoing } from "../../src/web/widget/chat-model.ts"
import {
  answerTo,
  entriesOf as entriesWith,
  firstNew,
  lastOwn,
  RowKeys,
} from "../../src/web/widget/entries.ts"

const NOON = new Date(2026, 4, 13, 12, 0).getTime()

function message(number: number, by: "user" | "agent", change: Partial<Message> = {}): Message {
  return {
    id: `msg_${number}`,
    conversationId: "con_1",
    position: String(number).padStart(4, "0"),
    receivedAt: NOON + number * 1000,
    author: by === "agent" ? { type: "agent", id: "ana", name: "Ana" } : { type: "user", id: "usr_1" },
    content: { type: "text", text: `text ${number}` },
    source: { channel: "web" },
    authenticated: false,
    ...change,
  }
}

const conversation = (messages: readonly Message[]): ChatConversation => ({
  id: "con_1",
  updatedAt: NOON,
  status: "open",
  unreadCount: 0,
  messages,
  more: false,
  readTo: { user: "", business: "" },
})
const outgoing = (localId: string, change: Partial<ShownOutgoing> = {}): ShownOutgoing => ({
  localId,
  content: { type: "text", text: localId },
  typedAt: NOON + 60_000,
  state: "waiting",
  ...change,
})
const entriesOf = (of: ChatConversation, sent: readonly ShownOutgoing[], keys = new RowKeys()) =>
  entriesWith(of, sent, keys)
const shape = (messages: readonly Message[], newBefore?: string): string[] =>
  rowsOf(entriesOf(conversation(messages), []), newBefore).map((row) =>
    row.kind === "entry"
      ? `${row.entry.key}${row.first ? " first" : ""}${row.last ? " last" : ""}`
      : row.kind,
  )

describe("rows", () => {
  test("a line for each day, and runs of one author", () => {
    const yesterday = message(1, "user", { receivedAt: NOON - 86_400_000 })
    const later = message(5, "user", { receivedAt: NOON + 600_000 })
    expect(shape([yesterday, message(2, "user"), message(3, "user"), message(4, "agent"), later])).toEqual([
      "day",
      "msg_1 first last",
      "day",
      "msg_2 first",
      "msg_3 last",
      "msg_4 first last",
      "msg_5 first last",
    ])
  })

  test("the line of what is new parts a run", () => {
    expect(shape([message(1, "agent"), message(2, "agent")], "msg_2")).toEqual([
      "day",
      "msg_1 first last",
      "new",
      "msg_2 first last",
    ])
  })

  test("every row has a key of its own, also where clocks go wrong", () => {
    const messages = [1, 2, 3, 4].map((number) =>
      message(number, "user", { receivedAt: NOON + (number % 2) * 86_400_000 }),
    )
    const keys = rowsOf(entriesOf(conversation(messages), [])).map(({ key }) => key)
    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe("entries", () => {
  test("what is on its way is not of an earlier day than what is stored: this device's clock may be behind the hub's", () => {
    const yesterday = outgoing("one", { typedAt: NOON - 86_400_000 })
    const rows = rowsOf(entriesOf(conversation([message(1, "agent")]), [yesterday]))
    expect(rows.map(({ kind }) => kind)).toEqual(["day", "entry", "entry"])
  })

  test("what was on its way and is stored keeps its key, and stands once", () => {
    const [waiting] = entriesOf(conversation([]), [outgoing("one")])
    const stored = entriesOf(conversation([message(1, "user", { localId: "one" })]), [outgoing("one")])
    expect(stored.map(({ key }) => key)).toEqual([waiting?.key])
  })

  test("and keeps it when the hub tells of it without its device's name", () => {
    const keys = new RowKeys()
    const [named] = entriesOf(conversation([message(1, "user", { localId: "one" })]), [], keys)
    const [nameless] = entriesOf(conversation([message(1, "user")]), [], keys)
    expect(nameless?.key).toBe(named?.key)
    expect(entriesOf(conversation([message(2, "user")]), [], keys)[0]?.key).toBe("msg_2")
  })

  test("two people's names for their messages do not meet", () => {
    const entries = entriesOf(
      conversation([message(1, "agent", { localId: "one" }), message(2, "user", { localId: "one" })]),
      [],
    )
    expect(entries).toHaveLength(2)
  })

  test("what is new begins with what another wrote after the marker", () => {
    const entries = entriesOf(
      conversation([message(1, "agent"), message(2, "user"), message(3, "agent")]),
      [],
    )
    expect(firstNew(entries, "0001")?.key).toBe("msg_3")
    expect(firstNew(entries, "0003")).toBeUndefined()
  })

  test("a failed message is not the last that was sent", () => {
    const entries = entriesOf(conversation([message(1, "user")]), [outgoing("no", { state: "failed" })])
    expect(lastOwn(entries)?.message?.id).toBe("msg_1")
  })

  test("a form is answered by a message that names it, also one on its way, not by a failed one", () => {
    const response = {
      type: "formResponse" as const,
      formId: "msg_1",
      fields: [{ name: "name", value: "Mira" }],
    }
    const answered = (state: ShownOutgoing["state"]) =>
      answerTo(
        entriesOf(conversation([message(1, "agent")]), [outgoing("a", { content: response, state })]),
        "msg_1",
      )
    expect([answered("waiting"), answered("failed")]).toEqual([response, undefined])
    expect(answerTo([], "msg_1")).toBeUndefined()
  })
})
