/**
 * The fault suite as a program: `npm run test:faults -- [--deployment <name>]… [--seed <n>] [--deliveries <n>]
 * [--people <n>] [--desks <n>] [--acts <n>] [--duration <ms>] [--faults <n>] [--fault <name>]… [--shrink <seconds>]
 * [--keep-going] [--replay <file>] [--histories <folder>]`. It plays days in each deployment until so many deliveries
 * were checked on days that kept every promise, says what came of each, and ends with 1 if one was broken – after it has
 * looked for the smallest schedule that breaks it too. It stops at the first such day, unless told to keep going.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asked } from "../command-line.ts"
import { check, type Verdict } from "./checker.ts"
import type { Deployment } from "./deployments/deployment.ts"
import { openerOf } from "./deployments/deployment-list.ts"
import { readFaultOptions } from "./fault-options.ts"
import { complaintsOf, lineOf, outline, textOf } from "./fault-report.ts"
import { play } from "./play-schedule.ts"
import { makeSchedule, type Schedule } from "./schedule.ts"
import { shrink } from "./shrink.ts"

const options = asked(readFaultOptions)

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function judged(schedule: Schedule, deployment: Deployment): Promise<Verdict> {
  const began = performance.now()
  const history = await play(schedule, deployment)
  if (options.histories !== undefined) {
    await mkdir(options.histories, { recursive: true })
    const path = join(options.histories, `${schedule.deployment}-${schedule.seed}.json`)
    await writeFile(path, JSON.stringify(history))
  }
  const found = check(history)
  const broken = deployment.keepsAcknowledged && found.lost > 0
  const complaint = `[P1] lost: ${found.lost} acknowledged, though replicas were waited for`
  const verdict = broken ? { ...found, complaints: [complaint, ...found.complaints] } : found
  say(lineOf(schedule, verdict, (performance.now() - began) / 1000))
  return verdict
}

async function at<T>(name: string, work: (deployment: Deployment) => Promise<T>): Promise<T> {
  const deployment = await openerOf(name)()
  try {
    return await work(deployment)
  } finally {
    await deployment.stop()
  }
}

interface Days {
  /** On days that kept every promise. */
  readonly deliveries: number
  readonly kept: number
  readonly broken: readonly Schedule[]
}

async function days(name: string, deliveries: number): Promise<Days> {
  return await at(name, async (deployment) => {
    const known = Object.keys(deployment.faults)
    const unknown = options.fault?.find((fault) => !known.includes(fault))
    if (unknown !== undefined)
      throw new Error(`${name} cannot suffer ${unknown}; it can suffer ${known.join(", ")}.`)
    let [checked, kept] = [0, 0]
    const broken: Schedule[] = []
    for (let day = 0; checked < deliveries; day++) {
      const schedule = makeSchedule({
        deployment: name,
        seed: options.seed + day,
        people: options.people,
        desks: options.desks,
        acts: options.acts,
        duration: options.duration,
        faults: options.fault ?? known,
        faultCount: options.faults ?? known.length,
      })
      const verdict = await judged(schedule, deployment)
      if (verdict.complaints.length === 0) {
        checked += verdict.deliveries
        kept += 1
        continue
      }
      say(complaintsOf(verdict))
      broken.push(schedule)
      if (!options.keepGoing) break
    }
    const state = broken.length === 0 ? "every promise kept" : `${broken.length} days BROKEN`
    say(`${name}: ${checked} deliveries checked on ${kept} days, ${state}`)
    return { deliveries: checked, kept, broken }
  })
}

async function smallest(schedule: Schedule): Promise<void> {
  const deadline = performance.now() + options.shrink * 1000
  const fails = async (candidate: Schedule): Promise<boolean> =>
    (await at(candidate.deployment, (deployment) => judged(candidate, deployment))).complaints.length > 0
  const { schedule: found, plays } = await shrink(schedule, fails, { deadline })
  const file = join(tmpdir(), `tributary-faults-${found.deployment}-${found.seed}.json`)
  await writeFile(file, textOf(found))
  say(`the smallest schedule found in ${plays} plays that breaks a promise: ${outline(found)}`)
  say(`play it again: npm run test:faults -- --replay ${file}`)
}

async function main(): Promise<number> {
  if (options.replay !== undefined) {
    // The boundary: a schedule that this program has written.
    const schedule = JSON.parse(await readFile(options.replay, "utf8")) as Schedule
    const verdict = await at(schedule.deployment, (deployment) => judged(schedule, deployment))
    say(complaintsOf(verdict))
    return verdict.complaints.length > 0 ? 1 : 0
  }
  const all: Days[] = []
  for (const name of options.deployments) {
    const some = await days(name, options.deliveries)
    all.push(some)
    if (some.broken.length > 0 && !options.keepGoing) break
  }
  const sum = (count: (some: Days) => number) => all.reduce((total, some) => total + count(some), 0)
  const broken = all.flatMap((some) => some.broken)
  say(
    `${sum(({ deliveries }) => deliveries)} deliveries checked on ${sum(({ kept }) => kept)} days, ${broken.length} days broken`,
  )
  if (broken[0]) await smallest(broken[0])
  return broken.length === 0 ? 0 : 1
}

// A client that was cut while it was connecting may keep the process for minutes.
process.exit(await main())
