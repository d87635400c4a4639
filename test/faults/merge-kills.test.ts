/** Nodes killed at each commit of a merge, one after another: the next command finds every message, once. */
import { afterAll, beforeAll, expect, it } from "vitest"
import { range } from "../acceptance/random.ts"
import { check } from "./checker.ts"
import type { Deployment } from "./deployments/deployment.ts"
import { openSingle } from "./deployments/single.ts"
import { lineOf } from "./fault-report.ts"
import { play } from "./play-schedule.ts"
import type { Act, Fault, Schedule } from "./schedule.ts"

const TEST_DEADLINE_MS = 240_000
/** More than a merge over two partitions has. */
const COMMITS = 8
const EVERY_MS = 2_500
const NODES = 2

let deployment: Deployment
beforeAll(async () => {
  deployment = await openSingle()
}, TEST_DEADLINE_MS)
afterAll(() => deployment.stop(), TEST_DEADLINE_MS)

/** For each commit a person, who is signed in on one device and writes on another as a visitor, and signs in there. */
function merges(): Schedule {
  const people = range(COMMITS).map((n) => ({ person: n * 2, at: 1_000 + n * EVERY_MS, commit: n }))
  const acts: Act[] = people.flatMap(({ person, at }) => [
    { at: 0, act: "say", person, device: 0 },
    { at: 0, act: "burst", person, device: 1 },
    { at, act: "signIn", person, device: 1 },
    { at: at + 20, act: "say", person, device: 1 },
    { at: at + 20, act: "say", person, device: 0 },
  ])
  const faults: Fault[] = people.map(({ person, at, commit }) => ({
    at: at - 5,
    fault: "killed at a commit",
    // The node at which the visitor is.
    which: commit * NODES + ((person + 1) % NODES),
    lasts: 1_000,
  }))
  const devices = range(COMMITS * 2).map((n) => (n % 2 === 0 ? 2 : 0))
  const inTime = acts.toSorted((a, b) => a.at - b.at)
  return { seed: 0, deployment: "single", devices, desks: 1, acts: inTime, faults }
}

it(
  "[P1] [P3] SIGKILL at each commit of a merge",
  async () => {
    const schedule = merges()
    const verdict = check(await play(schedule, deployment))
    expect(verdict.complaints, lineOf(schedule, verdict, 0)).toEqual([])
    expect(verdict.acked).toBe(COMMITS * 8)
  },
  TEST_DEADLINE_MS,
)
