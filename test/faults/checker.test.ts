/** The checker must be able to fail: a kept history passes, and each kind of breach, planted once, is found and named. */
import { describe, expect, it } from "vitest"
import { check } from "./checker.ts"
import { BREACHES } from "./checks/breaches.ts"
import { atDesk, day, everyMessage, found, lose, type Spoilt, spoilt, state, stream } from "./checks/day.ts"
import type { History } from "./day-history.ts"

describe("the checker", () => {
  it("finds nothing in a day on which every promise was kept", () => {
    expect(check(day())).toEqual({
      sent: 5,
      acked: 5,
      deliveries: 10,
      lost: 0,
      doubled: 0,
      reordered: 0,
      leaked: 0,
      untold: 0,
      resets: 0,
      complaints: [],
    })
  })

  it.each(BREACHES)("names %s", (_, spoil, says) => {
    const { complaints } = check(spoilt(spoil))
    expect(complaints.join("\n")).toMatch(says)
  })

  /** In which "c" was lost after a fail-over. */
  const failOver = (h: Spoilt<History>): void => {
    h.losses.push({ from: 45, to: 55 })
    lose(h, "c")
  }

  it("excuses what a fail-over lost, if every device was told", () => {
    const verdict = check(
      spoilt((h) => {
        failOver(h)
        for (const view of h.views.slice(0, 2)) {
          view.shows = ["a", "b", "r"]
          view.fetched = ["a", "b", "r"]
        }
        for (const at of [0, 1]) stream(h, at).shown.push(state("signed in", "usr", ["a", "b", "r"], true))
      }),
    )
    expect(verdict).toMatchObject({ lost: 1, untold: 0, resets: 2, complaints: [] })
  })

  it("names what a fail-over lost and a device still shows", () => {
    const verdict = check(
      spoilt((h) => {
        failOver(h)
        for (const view of h.views.slice(0, 2)) view.fetched = ["a", "b", "r"]
      }),
    )
    expect(verdict).toMatchObject({ lost: 1, untold: 4 })
    expect(verdict.complaints.join("\n")).toMatch(/untold: phone shows c, which is lost/)
  })

  it("excuses the order of two histories that became one, where the store's clock was set, and of one history never", () => {
    const swapped = (as: "signed in" | 1) => (h: Spoilt<History>) => {
      h.clockSet = true
      Object.assign(h.sends[0] ?? {}, { guise: as })
      for (const [id, position] of [
        ["msg a", "p2"],
        ["msg b", "p1"],
      ] as const)
        for (const message of everyMessage(h)) if (message.id === id) message.position = position
    }
    expect(check(spoilt(swapped(1))).complaints.join("\n")).not.toMatch(/as sender/)
    expect(check(spoilt(swapped("signed in"))).complaints.join("\n")).toMatch(/reordered: web .*as sender/)
  })

  it("excuses the order in which what was told and lost is stored anew", () => {
    const { complaints } = check(
      spoilt((h) => {
        h.losses.push({ from: 0, to: 55 })
        const [, , r, c] = found(h, 0).messages
        if (r && c) Object.assign(r, { id: "msg r again", position: "p6" })
        if (r && c) Object.assign(c, { id: "msg c again", position: "p5" })
        for (const view of h.views.slice(0, 2))
          Object.assign(view, { shows: ["a", "b"], fetched: ["a", "b"] })
        for (const at of [0, 1]) stream(h, at).shown.push(state("signed in", "usr", ["a", "b"], true))
      }),
    )
    expect(complaints).toEqual([])
  })

  it("names a console that was told what a fail-over lost, and nothing since", () => {
    const verdict = check(
      spoilt((h) => {
        failOver(h)
        for (const view of h.views.slice(0, 2))
          Object.assign(view, { shows: ["a", "b", "r"], fetched: ["a", "b", "r"] })
        for (const at of [0, 1]) stream(h, at).shown.push(state("signed in", "usr", ["a", "b", "r"], true))
        h.desks[0]?.shown.push(atDesk(0, 9, "c"))
      }),
    )
    expect(verdict).toMatchObject({ lost: 1, untold: 1 })
    expect(verdict.complaints).toEqual([expect.stringMatching(/untold: ada was told c .* gone/)])
  })

  it("does not excuse what was lost at another time", () => {
    const { complaints } = check(
      spoilt((h) => {
        failOver(h)
        lose(h, "b")
      }),
    )
    expect(complaints.join("\n")).toMatch(/lost: b/)
  })
})
