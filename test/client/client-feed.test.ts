import { describe, expect, it } from "vitest"
import { begin, heal, isStale, receive } from "../../src/client/client-feed.ts"
import { applyState, find } from "../../src/client/user-view.ts"
import { answered, conversation, messageEvent, said, state } from "./sample-views.ts"

const start = () => begin(applyState(undefined, state([conversation([said(1)])])))
const texts = (feed: ReturnType<typeof start>) => find(feed.view, "con_one")?.messages.map(({ id }) => id)
const at = (offset: number) => messageEvent(offset, answered(offset + 1))

describe("[P2] a feed is followed without a gap", () => {
  it("takes the first event after a full state as it comes, and drops repeats", () => {
    const feed = [at(7), at(8), at(7), at(8)].reduce(receive, start())
    expect(feed.view.offset).toBe(8)
    expect(isStale(feed)).toBe(false)
    expect(texts(feed)).toEqual(["msg_1", "msg_8", "msg_9"])
  })

  it("holds what comes behind a hole, and applies it in order when the hole is filled", () => {
    const holed = [at(1), at(4), at(5)].reduce(receive, start())
    expect(isStale(holed)).toBe(true)
    expect(holed.view).toMatchObject({ offset: 1, cursor: "c1" })
    const healed = heal(holed, { resumed: true, events: [at(2), at(3), at(4)], cursor: "c4" })
    expect(isStale(healed)).toBe(false)
    expect(healed.view).toMatchObject({ offset: 5, cursor: "c5" })
    expect(texts(healed)).toEqual(["msg_1", "msg_2", "msg_3", "msg_4", "msg_5", "msg_6"])
  })

  it("stays stale while a hole is left", () => {
    const holed = [at(1), at(3), at(6)].reduce(receive, start())
    const partly = heal(holed, { resumed: true, events: [at(2)], cursor: "c2" })
    expect(partly.view.offset).toBe(3)
    expect(isStale(partly)).toBe(true)
    expect(isStale(heal(partly, { resumed: true, events: [at(4), at(5)], cursor: "c5" }))).toBe(false)
  })

  it("never goes back when an answer is older than what was heard meanwhile", () => {
    const ahead = [at(1), at(2), at(3)].reduce(receive, start())
    const healed = heal(ahead, { resumed: true, events: [at(2)], cursor: "c2" })
    expect(healed.view).toMatchObject({ offset: 3, cursor: "c3" })
  })

  it("asks once more after a full state, because events may have overtaken it", () => {
    const full = heal([at(1), at(5)].reduce(receive, start()), {
      resumed: false,
      state: state([conversation([said(1), answered(6)], { unreadCount: 1 })], { cursor: "c5" }),
    })
    const overtaken = receive(full, at(6))
    expect(isStale(overtaken)).toBe(true)
    const known = heal(overtaken, { resumed: true, events: [at(6)], cursor: "c6" })
    expect(isStale(known)).toBe(false)
    expect(texts(known)).toEqual(["msg_1", "msg_6", "msg_7"])
    expect(find(known.view, "con_one")?.unreadCount).toBe(2)
    const nothingNew = heal(full, { resumed: true, events: [], cursor: "c5" })
    expect(isStale(nothingNew)).toBe(false)
    expect(texts(nothingNew)).toEqual(["msg_1", "msg_6"])
  })

  it("holds a bounded number", () => {
    const many = Array.from({ length: 3000 }, (_, index) => at(index + 10))
    expect([at(1), ...many].reduce(receive, start()).held).toHaveLength(1000)
  })
})
