/** Positions: a total order over all logs of a conversation, as fixed-width text (docs/protocol.md 2). */
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { type Address, boundIn, positionOf } from "../../src/domain/position.ts"
import { newId } from "../../src/lib/ids.ts"
import { position } from "../../src/protocol/scalars.ts"

const logs = Array.from({ length: 6 }, (_, k) => newId("con", k))
const log = fc.constantFrom(...logs)
const address = fc.record({ at: fc.integer({ min: 0, max: 40 }), n: fc.integer({ min: 1, max: 5 }) })
const logged = fc.record({ log, address })

const before = (a: Address, b: Address): boolean => a.at < b.at || (a.at === b.at && a.n < b.n)

test("[2] a position is of the shape the protocol promises, whatever the time and the log", () => {
  const anyAddress = fc.record({
    at: fc.integer({ min: 0, max: 2 ** 47 }),
    n: fc.integer({ min: 1, max: 30_000 }),
  })
  fc.assert(
    fc.property(log, anyAddress, (name, where) => {
      expect(position.safeParse(positionOf(name, where)).success).toBe(true)
    }),
  )
})

test("[2] comparing positions as text compares times first, then logs, then numbers; no two entries share one", () => {
  fc.assert(
    fc.property(logged, logged, (a, b) => {
      const [one, other] = [positionOf(a.log, a.address), positionOf(b.log, b.address)]
      const same = a.log === b.log && a.address.at === b.address.at && a.address.n === b.address.n
      expect(one === other).toBe(same)
      if (a.address.at < b.address.at) expect(one < other).toBe(true)
      if (a.log === b.log) expect(one < other).toBe(before(a.address, b.address))
    }),
  )
})

test("[3.2] the bound of a position in any log has the entries before it on one side, all others on the other", () => {
  fc.assert(
    fc.property(logged, logged, (a, b) => {
      const bound = boundIn(b.log, positionOf(a.log, a.address))
      const earlier = positionOf(b.log, b.address) < positionOf(a.log, a.address)
      expect(before(b.address, bound)).toBe(earlier)
    }),
  )
})
