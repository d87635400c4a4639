/** The short form of the fault suite: one small day in each deployment in which nothing may be lost. `main.ts` is the long form. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { check } from "./checker.ts"
import type { Deployment } from "./deployments/deployment.ts"
import { openerOf } from "./deployments/deployment-list.ts"
import { lineOf } from "./fault-report.ts"
import { play } from "./play-schedule.ts"
import { makeSchedule, type Schedule } from "./schedule.ts"

const TEST_DEADLINE_MS = 240_000
const SEED = 20_240

describe.each([
  { name: "embedded", duration: 6_000, faultCount: 6, acts: 150 },
  { name: "single", duration: 10_000, faultCount: 12, acts: 250 },
])("a day at $name", ({ name, ...wish }) => {
  let deployment: Deployment
  beforeAll(async () => {
    deployment = await openerOf(name)()
  }, TEST_DEADLINE_MS)
  afterAll(() => deployment.stop(), TEST_DEADLINE_MS)

  it(
    "[P1] [P2] [P3] [P4] every promise is kept, whatever breaks",
    async () => {
      const faults = Object.keys(deployment.faults)
      const schedule: Schedule = makeSchedule({
        ...wish,
        deployment: name,
        seed: SEED,
        people: 6,
        desks: 1,
        faults,
      })
      const began = performance.now()
      const verdict = check(await play(schedule, deployment))
      expect(verdict.complaints, lineOf(schedule, verdict, (performance.now() - began) / 1000)).toEqual([])
      expect(verdict.acked).toBe(verdict.sent)
      expect(verdict.deliveries).toBeGreaterThan(100)
    },
    TEST_DEADLINE_MS,
  )
})
