import { describe, expect, it } from "vitest"
import {
  applyConversations,
  applyEvent,
  applyMessage,
  applyPage,
  applyState,
  find,
  unreadTotal,
} from "../../src/client/user-view.ts"
import type { View } from "../../src/client/view-model.ts"
import type { FeedEvent } from "../../src/protocol/events.ts"
import { answered, conversation, event, messageEvent, person, position, said, state } from "./sample-views.ts"

const received = (view: View, ...events: FeedEvent[]): View => events.reduce(applyEvent, view)
const ids = (view: View, id = "con_one"): string[] =>
  (find(view, id)?.messages ?? []).map((message) => message.id)
const only = (view: View, id = "con_one") => {
  const found = find(view, id)
  if (!found) throw new Error(`no ${id}`)
  return found
}

describe("a state", () => {
  it("replaces everything", () => {
    const first = applyState(undefined, state([conversation([said(1)])]))
    const second = applyState(
      first,
      state([], { user: person("usr_ben", "ben"), reason: "login", cursor: "c9" }),
    )
    expect(second).toMatchObject({ conversations: [], aliases: {}, cursor: "c9", user: { id: "usr_ben" } })
    expect(JSON.stringify(second)).not.toContain("at 1")
  })

  it("that resumes adds what was missed, and takes its cursor", () => {
    const first = received(applyState(undefined, state([conversation([said(1)])])), messageEvent(1, said(2)))
    const { conversations: _, ...rest } = state()
    const resumed = applyState(first, {
      ...rest,
      resumed: true,
      events: [messageEvent(2, said(3)), messageEvent(3, said(4))],
      cursor: "c3",
    })
    expect(ids(resumed)).toEqual(["msg_1", "msg_2", "msg_3", "msg_4"])
    expect(resumed).toMatchObject({ offset: 3, cursor: "c3" })
  })

  it("sorts conversations by latest activity, and a message moves its own to the top", () => {
    const other = conversation([said(5, { id: "msg_other", conversationId: "con_two" })], { id: "con_two" })
    const view = applyState(undefined, state([conversation([said(1)]), other]))
    expect(view.conversations.map(({ id }) => id)).toEqual(["con_two", "con_one"])
    expect(received(view, messageEvent(1, answered(9))).conversations.map(({ id }) => id)).toEqual([
      "con_one",
      "con_two",
    ])
  })
})

describe("events", () => {
  const begun = applyState(undefined, state([conversation([said(1)])]))

  it("are upserted by id: a repeat, and an acknowledgement that was faster, change nothing", () => {
    const once = received(begun, messageEvent(1, said(2)))
    expect(received(once, messageEvent(1, said(2)))).toBe(once)
    expect(ids(received(applyMessage(begun, said(2)), messageEvent(1, said(2))))).toEqual(["msg_1", "msg_2"])
  })

  it("put a message where its position says", () => {
    expect(ids(received(applyMessage(begun, said(7)), messageEvent(1, answered(3))))).toEqual([
      "msg_1",
      "msg_3",
      "msg_7",
    ])
  })

  it("of unknown types count, and say nothing", () => {
    const unknown = {
      offset: 1,
      cursor: "c1",
      type: "conversation:painted",
      at: 1,
      data: {},
    } as unknown as FeedEvent
    expect(received(begun, unknown)).toEqual({ ...begun, offset: 1, cursor: "c1" })
  })

  it("create a conversation, also one whose first message was acknowledged before", () => {
    const first = said(4, { conversationId: "con_new", id: "msg_new" })
    const early = applyMessage(applyState(undefined, state()), first)
    expect(only(early, "con_new")).toMatchObject({ partial: true })
    const { messages: _, ...summary } = conversation([first], { id: "con_new" })
    const created = received(
      early,
      event(1, "conversation:create", { conversation: summary }),
      messageEvent(2, first),
    )
    expect(only(created, "con_new")).toMatchObject({ partial: false, more: false, isDefault: true })
    expect(ids(created, "con_new")).toEqual(["msg_new"])
  })

  it("update a conversation and keep its messages", () => {
    const { messages: _, ...summary } = conversation([said(1)], { status: "solved" })
    const view = received(begun, event(1, "conversation:update", { conversation: summary }))
    expect(only(view)).toMatchObject({ status: "solved", more: false })
    expect(ids(view)).toEqual(["msg_1"])
  })

  it("update the user", () => {
    const user = person("usr_anna", "anna")
    expect(received(begun, event(1, "user:update", { user, reason: "authentication" })).user).toEqual(user)
  })
})

describe("unread", () => {
  const begun = applyState(undefined, state([conversation([said(1)])]))

  it("counts what others wrote, once", () => {
    const view = received(begun, messageEvent(1, answered(2)), messageEvent(2, answered(3)))
    expect(unreadTotal(view)).toBe(2)
    expect(unreadTotal(applyMessage(view, answered(3)))).toBe(2)
  })

  it("never counts one's own, and one's own marks what came before it", () => {
    expect(unreadTotal(received(begun, messageEvent(1, answered(2)), messageEvent(2, said(3))))).toBe(0)
  })

  it("of a message that lies before an own one that was acknowledged earlier is none", () => {
    expect(unreadTotal(received(applyMessage(begun, said(5)), messageEvent(1, answered(4))))).toBe(0)
  })

  it("takes the hub's count with a marker, and counts itself where the hub did not", () => {
    const two = received(begun, messageEvent(1, answered(2)), messageEvent(2, answered(3)))
    const marker = { conversationId: "con_one", reader: "user" as const, position: position(2) }
    expect(unreadTotal(received(two, event(3, "conversation:read", { ...marker, unreadCount: 1 })))).toBe(1)
    expect(unreadTotal(received(two, event(3, "conversation:read", marker)))).toBe(1)
  })

  it("is not touched by the other side's marker, which is remembered and moves only forward", () => {
    const seen = (offset: number, at: number) =>
      event(offset, "conversation:read", {
        conversationId: "con_one",
        reader: "business",
        position: position(at),
      })
    const view = received(begun, messageEvent(1, answered(2)), seen(2, 2), seen(3, 1))
    expect(only(view)).toMatchObject({ unreadCount: 1, readTo: { business: position(2) } })
  })

  it("does not count twice what a summary counted already", () => {
    const { messages: _, ...summary } = conversation([said(1), answered(2)], { unreadCount: 1 })
    const view = received(
      begun,
      event(1, "conversation:update", { conversation: summary }),
      messageEvent(2, answered(2)),
    )
    expect(unreadTotal(view)).toBe(1)
  })
})

describe("a merge", () => {
  const mine = conversation([said(1), answered(4)], { unreadCount: 1 })
  const merge = (more = false) =>
    event(1, "user:merge", {
      reason: "sdkLogin",
      mergedUsers: { surviving: person("usr_anna", "anna"), discarded: { id: "usr_old" } },
      mergedConversations: [{ surviving: "con_one", discarded: "con_old" }],
      conversations: [
        conversation([said(2, { id: "msg_b" }), answered(3, { id: "msg_c" })], {
          unreadCount: 2,
          ...(more && { more }),
          lastMessage: answered(4),
        }),
      ],
    })
  const merged = received(applyState(undefined, state([mine])), merge())

  it("folds one history, ordered by position, losing and doubling nothing", () => {
    expect(ids(merged)).toEqual(["msg_1", "msg_b", "msg_c", "msg_4"])
    expect(only(merged)).toMatchObject({ unreadCount: 2, more: false })
    expect(merged.user.externalId).toBe("anna")
  })

  it("lets the old id work as an alias, in the view and in later events", () => {
    expect(find(merged, "con_old")).toBe(find(merged, "con_one"))
    const view = received(merged, messageEvent(2, answered(9, { conversationId: "con_old" })))
    expect(view.conversations).toHaveLength(1)
    expect(find(view, "con_old")?.messages.at(-1)).toMatchObject({ id: "msg_9", conversationId: "con_one" })
  })

  it("that did not bring everything says so, and where to page back from; pages fill it", () => {
    const partly = received(applyState(undefined, state([mine])), merge(true))
    expect(only(partly)).toMatchObject({ more: true, completeFrom: position(2) })
    expect(ids(partly)).toEqual(["msg_1", "msg_b", "msg_c", "msg_4"])
    const older = [said(0, { id: "msg_a" }), said(1)]
    const paged = applyPage(partly, "con_old", { messages: older, more: false }, position(2))
    expect(ids(paged)).toEqual(["msg_a", "msg_1", "msg_b", "msg_c", "msg_4"])
    expect(only(paged).more).toBe(false)
  })

  it("in multi mode moves conversations with their ids", () => {
    const moved = conversation([said(3, { conversationId: "con_moved", id: "msg_m" })], {
      id: "con_moved",
      isDefault: false,
    })
    const data = { ...merge().data, mergedConversations: [], conversations: [moved] }
    const view = received(applyState(undefined, state([mine])), { ...merge(), data } as FeedEvent)
    expect(view.conversations.map(({ id }) => id)).toEqual(["con_one", "con_moved"])
  })

  it("of two conversations on the screen leaves one, over any number of hops", () => {
    const at = (id: string, time: number) =>
      conversation([said(time, { conversationId: id, id: `msg_${id}` })], { id })
    const join = (offset: number, surviving: string, discarded: string) =>
      event(offset, "conversation:merge", {
        mergedConversations: [{ surviving, discarded }],
        conversations: [],
      })
    const view = received(
      applyState(undefined, state([at("con_a", 1), at("con_b", 2), at("con_c", 3)])),
      join(1, "con_b", "con_a"),
      join(2, "con_c", "con_b"),
    )
    expect(view.conversations).toHaveLength(1)
    expect(ids(view, "con_a")).toEqual(["msg_con_a", "msg_con_b", "msg_con_c"])
    expect(find(view, "con_a")?.messages.every((message) => message.conversationId === "con_c")).toBe(true)
  })
})

describe("pages", () => {
  const begun = applyState(undefined, state([conversation([said(5)], { more: true })]))

  it("extend a history backwards until its beginning", () => {
    const one = applyPage(begun, "con_one", { messages: [said(3), said(4)], more: true }, position(5))
    expect(only(one)).toMatchObject({ more: true, completeFrom: position(3) })
    const two = applyPage(one, "con_one", { messages: [said(1)], more: false }, position(3))
    expect(ids(two)).toEqual(["msg_1", "msg_3", "msg_4", "msg_5"])
    expect(only(two).more).toBe(false)
  })

  it("that do not adjoin are shown, and do not hide the gap", () => {
    const far = applyPage(begun, "con_one", { messages: [said(1)], more: false }, position(3))
    expect(only(far)).toMatchObject({ more: true, completeFrom: position(5) })
  })

  it("of conversations add what is unknown and never take back what the feed told", () => {
    const known = received(begun, messageEvent(1, answered(8)))
    const list = [conversation([said(5)]), conversation([], { id: "con_older", updatedAt: 0 })]
    const view = applyConversations(known, { conversations: list }, undefined)
    expect(view.conversations.map(({ id }) => id)).toEqual(["con_one", "con_older"])
    expect(unreadTotal(view)).toBe(1)
  })

  it("complete a conversation that was known by a message alone, and its count", () => {
    const news = answered(8, { conversationId: "con_far", id: "msg_far" })
    const later = answered(9, { conversationId: "con_far", id: "msg_later" })
    const partial = received(begun, messageEvent(1, news), messageEvent(2, later))
    const { messages: _, ...summary } = conversation([news], {
      id: "con_far",
      isDefault: false,
      unreadCount: 3,
    })
    expect(
      only(applyConversations(partial, { conversations: [summary] }, undefined), "con_far"),
    ).toMatchObject({
      unreadCount: 4,
      partial: false,
      more: true,
    })
  })
})
