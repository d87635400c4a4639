/** What is unread (docs/protocol.md 3.4): from the end of a log back to the marker, or to a message of the reader's own. */
import { describe, expect, test } from "vitest"
import type { LogPayload } from "../../src/domain/log-payloads.ts"
import { positionOf } from "../../src/domain/position.ts"
import { readBack } from "../../src/domain/unread.ts"
import type { Author } from "../../src/protocol/model.ts"

const LOG = "con_0"
const fold: LogPayload = { kind: "fold", log: "con_1", partition: 0 }

function said(author: Author, more: { internal?: true } = {}): LogPayload {
  return {
    kind: "message",
    id: "msg_0",
    author,
    content: { type: "text", text: "." },
    source: { channel: "web" },
    authenticated: false,
    ...more,
  }
}

const user = said({ type: "user", id: "usr_0" })
const agent = said({ type: "agent", id: "a" })
const note = said({ type: "agent", id: "a" }, { internal: true })
const bot = said({ type: "bot", id: "b" })
const hub = said({ type: "bot" })

const log = (...payloads: LogPayload[]) => payloads.map((payload, k) => ({ at: 10 + k, n: k + 1, payload }))

/** How many are unread, and the last position that was read. */
function judged(entries: ReturnType<typeof log>, reader: "user" | "business", marker?: string) {
  const { steps, over } = readBack(entries, LOG, marker, reader)
  const unread = steps.reduce((sum, step) => sum + ("kind" in step ? 0 : step.unread), 0)
  return { unread, folds: steps.filter((step) => "kind" in step).length, over }
}

describe("given a log, when its user asks", () => {
  test.each([
    ["what agents and bots wrote last counts", log(user, agent, bot), 2, true],
    ["a note among agents does not", log(user, agent, note), 1, true],
    ["their own message marks everything before it as read", log(agent, user), 0, true],
    ["without either the way goes on before this page", log(agent, agent), 2, false],
  ])("%s", (_, entries, unread, over) => {
    expect(judged(entries, "user")).toEqual({ unread, folds: 0, over })
  })

  test("nothing up to the marker counts, and it is read up to there", () => {
    const marker = positionOf(LOG, { at: 11, n: 2 })
    expect(judged(log(agent, agent, agent), "user", marker)).toEqual({ unread: 1, folds: 0, over: true })
    expect(readBack(log(agent, agent), LOG, marker, "user").steps).toEqual([{ unread: 0, readTo: marker }])
  })

  test("a log that was folded in is counted where the fold stands", () => {
    expect(judged(log(user, fold, agent), "user")).toEqual({ unread: 1, folds: 1, over: true })
  })
})

test("given the hub's own question, when the business asks, it has read nothing by that", () => {
  expect(judged(log(user, hub), "business")).toEqual({ unread: 1, folds: 0, over: false })
  expect(judged(log(user, bot), "business")).toEqual({ unread: 0, folds: 0, over: true })
})
