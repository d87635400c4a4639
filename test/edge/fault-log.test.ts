import { expect, test } from "vitest"
import { FaultLog } from "../../src/edge/socket/fault-log.ts"
import { createLog } from "../../src/lib/log.ts"

test("a fault that each command meets is one line, another fault another", () => {
  const lines: string[] = []
  const log = createLog({ level: "error", sink: (line) => lines.push(line), now: () => 0 })
  const faults = new FaultLog(log)
  for (let k = 0; k < 1_000; k += 1)
    faults.failed("a command failed", new Error("refused"), { command: "message:send" })
  faults.failed("a command failed", new Error("refused"), { command: "login" })
  faults.failed("a command failed", new TypeError("no such thing"), { command: "message:send" })
  expect(lines.map((line) => line.includes("refused"))).toEqual([true, true, false])
})
