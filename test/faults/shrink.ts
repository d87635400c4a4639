/**
 * The smallest schedule that still fails, found by leaving things out and playing what is left: faults first, then
 * people, then acts, in halves, quarters and so on. What fails only by chance may be kept too large, never too small:
 * a part goes only when the rest was seen to fail.
 */
import type { Schedule } from "./schedule.ts"

export interface Shrunk {
  readonly schedule: Schedule
  readonly plays: number
}

/** @param fails plays a schedule and says whether a promise was broken; it is not asked after the deadline */
export async function shrink(
  schedule: Schedule,
  fails: (schedule: Schedule) => Promise<boolean>,
  { deadline, now = () => performance.now() }: { readonly deadline: number; readonly now?: () => number },
): Promise<Shrunk> {
  let plays = 0
  let smallest = schedule
  const still = async (candidate: Schedule): Promise<boolean> => {
    if (now() >= deadline) return false
    plays += 1
    if (!(await fails(candidate))) return false
    smallest = candidate
    return true
  }
  await without(schedule.faults, (faults) => still({ ...smallest, faults }))
  const people = [...new Set(smallest.acts.map(({ person }) => person))]
  await without(people, (kept) => still(only(smallest, new Set(kept))))
  await without(smallest.acts, (acts) => still({ ...smallest, acts }))
  return { schedule: smallest, plays }
}

/** People keep their numbers; those who are left out do nothing. */
const only = (schedule: Schedule, people: ReadonlySet<number>): Schedule => ({
  ...schedule,
  devices: schedule.devices.map((count, person) => (people.has(person) ? count : 0)),
  acts: schedule.acts.filter(({ person, act }) => act === "answer" || people.has(person)),
})

/** Leaves out ever smaller pieces, as long as `fails` says that the rest will do. */
async function without<T>(
  items: readonly T[],
  fails: (rest: readonly T[]) => Promise<boolean>,
): Promise<void> {
  let left = items
  for (let size = left.length; size >= 1; size = Math.floor(size / 2))
    for (let at = 0; at < left.length; ) {
      const rest = [...left.slice(0, at), ...left.slice(at + size)]
      if (rest.length < left.length && (await fails(rest))) left = rest
      else at += size
    }
}
