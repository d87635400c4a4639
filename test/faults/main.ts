/**
 * The fault suite as a program: `npm run test:faults -- [--place <name>]… [--seed <n>] [--deliveries <n>] [--people <n>]
 * [--fault <name>]… [--shrink <seconds>] [--replay <file>] [--histories <folder>]`. It plays days at each place until so many deliveries were
 * checked, says what came of each, and ends with 1 if a promise was broken – after it has looked for the smallest
 * schedule that breaks it too.
 */
import { readFile, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { check, type Verdict } from "./checker.ts"
import { openerOf, PLACES } from "./places/all.ts"
import type { Place } from "./places/place.ts"
import { play } from "./play.ts"
import { complaintsOf, lineOf, outline, textOf } from "./report.ts"
import { makeSchedule, type Schedule } from "./schedule.ts"
import { shrink } from "./shrink.ts"

const { values } = parseArgs({
  options: {
    place: { type: "string", multiple: true },
    fault: { type: "string", multiple: true },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    deliveries: { type: "string", default: "20000" },
    people: { type: "string", default: "20" },
    acts: { type: "string", default: "1500" },
    duration: { type: "string", default: "30000" },
    faults: { type: "string" },
    shrink: { type: "string", default: "300" },
    replay: { type: "string" },
    histories: { type: "string" },
  },
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function judged(schedule: Schedule, place: Place): Promise<Verdict> {
  const began = performance.now()
  const history = await play(schedule, place)
  if (values.histories !== undefined)
    await writeFile(
      join(values.histories, `${schedule.place}-${schedule.seed}.json`),
      JSON.stringify(history),
    )
  const found = check(history)
  const broken = place.keepsAcknowledged && found.lost > 0
  const complaint = `[P1] lost: ${found.lost} acknowledged, though replicas were waited for`
  const verdict = broken ? { ...found, complaints: [complaint, ...found.complaints] } : found
  say(lineOf(schedule, verdict, (performance.now() - began) / 1000))
  return verdict
}

async function at<T>(name: string, work: (place: Place) => Promise<T>): Promise<T> {
  const place = await openerOf(name)()
  try {
    return await work(place)
  } finally {
    await place.stop()
  }
}

/** @returns the schedule that broke a promise, if one did */
async function days(name: string, deliveries: number): Promise<Schedule | undefined> {
  return await at(name, async (place) => {
    let checked = 0
    for (let day = 0; checked < deliveries; day++) {
      const schedule = makeSchedule({
        place: name,
        seed: Number(values.seed) + day,
        people: Number(values.people),
        desks: 2,
        acts: Number(values.acts),
        duration: Number(values.duration),
        faults: values.fault ?? Object.keys(place.faults),
        faultCount: Number(values.faults ?? Object.keys(place.faults).length),
      })
      const verdict = await judged(schedule, place)
      checked += verdict.deliveries
      if (verdict.complaints.length > 0) {
        say(complaintsOf(verdict))
        return schedule
      }
    }
    say(`${name}: ${checked} deliveries checked, every promise kept`)
    return undefined
  })
}

async function smallest(schedule: Schedule): Promise<void> {
  const deadline = performance.now() + Number(values.shrink) * 1000
  const fails = async (candidate: Schedule): Promise<boolean> =>
    (await at(candidate.place, (place) => judged(candidate, place))).complaints.length > 0
  const { schedule: found, plays } = await shrink(schedule, fails, { deadline })
  const file = join(tmpdir(), `tributary-faults-${found.place}-${found.seed}.json`)
  await writeFile(file, textOf(found))
  say(`the smallest schedule found in ${plays} plays that breaks a promise: ${outline(found)}`)
  say(`play it again: npm run test:faults -- --replay ${file}`)
}

async function main(): Promise<number> {
  if (values.replay !== undefined) {
    // The boundary: a schedule that this program has written.
    const schedule = JSON.parse(await readFile(values.replay, "utf8")) as Schedule
    const verdict = await at(schedule.place, (place) => judged(schedule, place))
    say(complaintsOf(verdict))
    return verdict.complaints.length > 0 ? 1 : 0
  }
  for (const name of values.place ?? Object.keys(PLACES)) {
    const broken = await days(name, Number(values.deliveries))
    if (!broken) continue
    await smallest(broken)
    return 1
  }
  return 0
}

// A client that was cut while it was connecting may keep the process for minutes.
process.exit(await main())
