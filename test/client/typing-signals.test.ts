import { describe, expect, it } from "vitest"
import { othersTyping, ownTyping } from "../../src/client/typing-signals.ts"
import { TestClock } from "./test-clock.ts"

describe("what this user types", () => {
  const typist = () => {
    const clock = new TestClock()
    const received: string[] = []
    const typing = ownTyping(clock, (id, active) => received.push(`${id} ${active ? "starts" : "stops"}`))
    return { clock, received, typing }
  }

  it("may be said on each key, and is told now and then", () => {
    const { clock, received, typing } = typist()
    for (let key = 0; key < 100; key += 1) {
      typing.typing("con", true)
      clock.pass(100)
    }
    expect(received).toEqual(["con starts", "con starts", "con starts"])
  })

  it("is told once for keys of the same moment", () => {
    const { received, typing } = typist()
    typing.typing("con", true)
    typing.typing("con", true)
    expect(received).toEqual(["con starts"])
  })

  it("ends by itself after a pause, once", () => {
    const { clock, received, typing } = typist()
    typing.typing("con", true)
    clock.pass(60_000)
    expect(received).toEqual(["con starts", "con stops"])
    typing.typing("con", false)
    expect(received).toHaveLength(2)
  })

  it("is over with the message: nothing more is told", () => {
    const { clock, received, typing } = typist()
    typing.typing("con", true)
    typing.forget("con")
    clock.pass(60_000)
    expect(received).toEqual(["con starts"])
  })
})

describe("what others type", () => {
  const ada = { type: "agent", id: "ada" } as const
  const bob = { type: "agent", id: "bob" } as const

  it("is shown by conversation until it ends, or is silent for too long", () => {
    const clock = new TestClock()
    const others = othersTyping(clock, () => undefined)
    others.receive({ conversationId: "con", author: ada, active: true })
    others.receive({ conversationId: "con", author: bob, active: true })
    others.receive({ conversationId: "con", author: ada, active: true })
    expect(others.authors).toEqual({ con: [bob, ada] })
    others.receive({ conversationId: "con", author: bob, active: false })
    expect(others.authors).toEqual({ con: [ada] })
    clock.pass(11_000)
    expect(others.authors).toEqual({})
  })
})
