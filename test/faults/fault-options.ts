/** The command line of the fault suite. What cannot be meant is refused: a day that is not played would pass. */
import { parseArgs } from "node:util"
import { DEPLOYMENTS } from "./deployments/deployment-list.ts"

const TEXT = { type: "string" } as const

export function readFaultOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      deployment: { ...TEXT, multiple: true },
      fault: { ...TEXT, multiple: true },
      seed: { ...TEXT, default: String(Date.now() % 1_000_000) },
      deliveries: { ...TEXT, default: "20000" },
      people: { ...TEXT, default: "20" },
      desks: { ...TEXT, default: "2" },
      acts: { ...TEXT, default: "1500" },
      duration: { ...TEXT, default: "30000" },
      faults: TEXT,
      shrink: { ...TEXT, default: "300" },
      "keep-going": { type: "boolean", default: false },
      replay: TEXT,
      histories: TEXT,
    },
  })
  const number = (name: "seed" | "desks" | "shrink"): number => wholeNumber(name, values[name])
  const some = (name: "deliveries" | "people" | "acts" | "duration"): number =>
    wholeNumber(name, values[name], 1)
  const deployments = values.deployment ?? Object.keys(DEPLOYMENTS)
  const unknown = deployments.find((name) => !Object.hasOwn(DEPLOYMENTS, name))
  if (unknown !== undefined)
    throw new Error(`There is no deployment ${unknown}; there are ${Object.keys(DEPLOYMENTS).join(", ")}.`)
  return {
    deployments,
    fault: values.fault,
    seed: number("seed"),
    /** Of each deployment. */
    deliveries: some("deliveries"),
    people: some("people"),
    desks: number("desks"),
    acts: some("acts"),
    /** Milliseconds of a day. */
    duration: some("duration"),
    faults: values.faults === undefined ? undefined : wholeNumber("faults", values.faults),
    /** Seconds. */
    shrink: number("shrink"),
    keepGoing: values["keep-going"],
    /** A schedule's file. */
    replay: values.replay,
    /** A folder for the histories. */
    histories: values.histories,
  }
}

function wholeNumber(name: string, text: string, least = 0): number {
  if (!/^\d{1,12}$/.test(text) || Number(text) < least)
    throw new Error(`--${name} must be a whole number from ${least} on, and is "${text}".`)
  return Number(text)
}
