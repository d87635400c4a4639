import { describe, expect, test } from "vitest"
import { readFaultOptions } from "./fault-options.ts"

describe("the command line of the fault suite", () => {
  test("plays every deployment where none is named", () => {
    const { deployments, deliveries, faults } = readFaultOptions([])
    expect(deployments).toContain("embedded")
    expect(deployments).toContain("cluster")
    expect({ deliveries, faults }).toEqual({ deliveries: 20_000, faults: undefined })
    expect(readFaultOptions(["--deployment", "pair", "--faults", "3"])).toMatchObject({
      deployments: ["pair"],
      faults: 3,
    })
  })

  test.each([
    [["--deliveries", "many"], "--deliveries must be a whole number"],
    [["--deliveries", "0"], "--deliveries must be a whole number from 1 on"],
    [["--people", "0"], "--people must be a whole number from 1 on"],
    [["--seed", ""], "--seed must be a whole number"],
    [["--faults", "-1"], /--faults|ambiguous/],
    [["--deployment", "nowhere"], "There is no deployment nowhere; there are"],
    [["--deployment", "constructor"], "There is no deployment constructor"],
    [["--help"], "Unknown option"],
    [["embedded"], "embedded"],
  ])("refuses %j", (args, sentence) => {
    expect(() => readFaultOptions(args)).toThrow(sentence)
  })
})
