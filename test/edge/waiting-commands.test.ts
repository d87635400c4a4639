/** What waits of one socket, by what it takes in memory. */
import { expect, test } from "vitest"
import { WaitingCommands } from "../../src/edge/socket/waiting-commands.ts"
import { weighBody } from "../../src/protocol/untrusted.ts"

const send = (text: string) => ({
  localId: "a1b2c3d4",
  conversationId: "con_x",
  content: { type: "text", text },
})

/** How many of these bodies may wait at once. */
function fitting(body: object): number {
  const waiting = new WaitingCommands()
  const weight = weighBody(body)
  for (let count = 0; ; count += 1) {
    try {
      waiting.enter(weight)
    } catch {
      return count
    }
  }
}

test("2 a thousand messages of an outbox may wait, and no more", () => {
  expect(fitting(send("x".repeat(200)))).toBe(1_000)
})

test("2 long bodies, and bodies of many small values, are fewer: what waits takes less than 2 MB", () => {
  expect(fitting(send("x".repeat(40_000)))).toBeLessThan(50)
  const values = Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`k${n}`, n]))
  expect(fitting(values)).toBeLessThan(30)
})

test("2 what was served makes room", () => {
  const waiting = new WaitingCommands()
  const weight = weighBody(send("x".repeat(40_000)))
  for (let n = 0; n < 1_000; n += 1) {
    waiting.enter(weight)
    waiting.leave(weight)
  }
})
