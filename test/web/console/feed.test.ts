import { describe, expect, test } from "vitest"
import { inbox, listed, message, opened, shownTexts, ticket } from "./console-scene.ts"

describe("the agents' feed", () => {
  test("[P2] an event that is next is applied, one that was seen before is dropped", () => {
    const scene = opened(inbox())
    const first = scene.event("conversation:message", { conversationId: "con_1", message: message(1, 1) })
    scene.applyMessage(first).applyMessage(first)
    expect(shownTexts(scene)).toEqual(["words 1"])
    expect(scene.state.cursor).toBe("c1")
    expect(scene.asked("sync")).toEqual([])
  })

  test("[P2] a hole is filled by sync before what came after it is applied", () => {
    const scene = opened(inbox())
    const received = [1, 2, 3, 4].map((n) =>
      scene.event("conversation:message", { conversationId: "con_1", message: message(n, 1) }),
    )
    const [one, two, three, four] = received
    if (!one || !two || !three || !four) throw new Error("four events")
    scene.applyMessage(one).applyMessage(three)
    expect(shownTexts(scene)).toEqual(["words 1"])
    scene.applyMessage(four)
    expect(scene.asked("sync").map(({ body }) => body)).toEqual([{ cursor: "c1" }])
    scene.answer("sync", { resumed: true, events: [two, three], cursor: "c3" })
    expect(shownTexts(scene)).toEqual(["words 1", "words 2", "words 3", "words 4"])
    expect(scene.state.cursor).toBe("c4")
  })

  test("partitions are counted apart", () => {
    const scene = opened(inbox())
    const at = (n: number, partition: number, offset: number) =>
      scene.event(
        "conversation:message",
        { conversationId: "con_1", message: message(n, 1) },
        { partition, offset },
      )
    scene.applyMessage(at(1, 0, 10), at(2, 1, 500), at(3, 0, 11), at(4, 1, 501))
    expect(shownTexts(scene)).toHaveLength(4)
    expect(scene.asked("sync")).toEqual([])
  })

  test("[P2] a feed that starts over: the inbox is read anew, and what the agent wrote is still there", () => {
    const scene = opened(inbox(), message(1, 1))
    scene.happen({ type: "draft", conversationId: "con_1", text: "half a sen", internal: false })
    scene.happen({ type: "lost" })
    scene.ready({ cursor: "fresh" })
    expect(scene.state.notices.map(({ body }) => body.kind)).toEqual(["startedOver"])
    // What is on the screen stays until it is read again; everything else is not trusted any more.
    expect(shownTexts(scene)).toEqual(["words 1"])
    expect([...scene.state.rows.keys()]).toEqual(["tkt_1"])
    expect(scene.asked("ticket:get").map(({ body }) => body.ticketId)).toEqual(["tkt_1"])
    scene.answer("ticket:list", { tickets: [] })
    scene.answer("ticket:list", { tickets: [listed(9), listed(1)] })
    expect([...scene.state.rows.keys()].sort()).toEqual(["tkt_1", "tkt_9"])
    expect(scene.state.drafts.get("con_1")?.text).toBe("half a sen")
  })

  test("a page of a list from before the feed started over is of no use", () => {
    const scene = inbox()
    scene.happen({ type: "filter", filter: { assignee: "any", status: "solved" } })
    const [, asked] = scene.asked("ticket:list")
    if (!asked) throw new Error("a list was asked for")
    scene.happen({ type: "lost" }).ready({ cursor: "fresh" })
    scene.happen({
      type: "answered",
      answer: { request: asked, result: { tickets: [listed(7, { status: "solved" })] } },
    })
    expect(scene.state.rows.has("tkt_7")).toBe(false)
  })

  test("a connection that was lost resumes: missed events are applied, and nothing is read anew", () => {
    const scene = opened(inbox())
    scene.applyMessage(
      scene.event("conversation:message", { conversationId: "con_1", message: message(1, 1) }),
    )
    scene.happen({ type: "lost" }).forget()
    const missed = scene.event("conversation:message", { conversationId: "con_1", message: message(2, 1) })
    scene.ready({ resumed: true, events: [missed], cursor: "c2" })
    expect(shownTexts(scene)).toEqual(["words 1", "words 2"])
    expect(scene.state.notices).toEqual([])
    expect(scene.asked("ticket:get")).toEqual([])
    expect(scene.state.rows.size).toBe(3)
  })

  test("after a night asleep a question finds out whether the connection still lives", () => {
    const scene = inbox()
    scene.applyMessage(
      scene.event("ticket:update", { conversationId: "con_1", ticketId: "tkt_1", ticket: ticket(1) }),
    )
    scene.happen({ type: "tick", asleepMs: 0 })
    expect(scene.asked("sync")).toEqual([])
    scene.happen({ type: "tick", asleepMs: 8 * 3_600_000 })
    expect(scene.asked("sync").map(({ body }) => body)).toEqual([{ cursor: "c1" }])
  })
})
