/** Makes a schedule happen in a deployment, lets the day come to rest, and asks everybody what they see. */
import { setTimeout as delay } from "node:timers/promises"
import { range } from "../acceptance/random.ts"
import { Desk } from "./answering-desk.ts"
import { emptyHistory, type History } from "./day-history.ts"
import type { Deployment } from "./deployments/deployment.ts"
import { lookAround, revisit } from "./inquest.ts"
import type { Act, Fault, Schedule } from "./schedule.ts"
import { Site } from "./site.ts"
import { Talker } from "./talker.ts"

const BURST = 5
const BEGIN_MS = 60_000
const REST_MS = 60_000

/** @param atRest what else shall happen before everybody is asked; for who wants to see that it is found out */
export async function play(
  schedule: Schedule,
  deployment: Deployment,
  atRest: (site: Site) => Promise<void> = async () => undefined,
): Promise<History> {
  const began = performance.now()
  const history = emptyHistory(deployment.setsClock)
  const site = await Site.open(deployment.urls, () => deployment.admin(), history)
  const crowd = schedule.devices.map((count, person) =>
    range(count).map((at) => new Talker(site, person, `p${person}-d${at}`, person + at, wishOf(person, at))),
  )
  const talkers = crowd.flat()
  const desks = range(schedule.desks).map((at) => new Desk(site, `a${at}`, at))
  for (const one of talkers) one.comeBack()
  for (const desk of desks) desk.open()
  try {
    await rest("the beginning", history, BEGIN_MS, () => [...talkers, ...desks].every(({ usable }) => usable))
    await Promise.all([acted(schedule.acts, crowd, desks), broken(schedule.faults, deployment, history)])
    await deployment.calm()
    await settled(history, talkers, desks)
    await atRest(site)
    await lookAround(site, crowd, desks)
    await revisit(site, talkers)
    for (const desk of desks) history.stuck.push(...desk.breaches)
    history.losses.push(...(deployment.unasked ?? []).filter(({ to }) => to >= began))
    return history
  } finally {
    for (const one of [...talkers, ...desks]) one.close()
  }
}

/** Of each person's devices the first is signed in from the beginning with every other person. */
const wishOf = (person: number, at: number) => (person % 2 === 0 && at === 0 ? "person" : "visitor")

async function acted(
  acts: readonly Act[],
  crowd: readonly Talker[][],
  desks: readonly Desk[],
): Promise<void> {
  const began = performance.now()
  for (const { at, act, person, device } of acts) {
    const wait = began + at - performance.now()
    if (wait > 0) await delay(wait)
    if (act === "answer") {
      desks[device % Math.max(1, desks.length)]?.answer(person)
      continue
    }
    const talker = crowd[person]?.[device]
    if (!talker) continue
    if (act === "say") talker.say()
    else if (act === "burst") talker.say(BURST)
    else if (act === "leave") talker.leave()
    else if (act === "comeBack") talker.comeBack()
    else if (act === "signIn") void talker.signIn()
    else if (act === "logOut") void talker.logOut()
    else void talker.read()
  }
}

async function broken(faults: readonly Fault[], deployment: Deployment, history: History): Promise<void> {
  const began = performance.now()
  for (const fault of faults) {
    const wait = began + fault.at - performance.now()
    if (wait > 0) await delay(wait)
    const strike = deployment.faults[fault.fault]
    if (!strike) throw new Error(`${fault.fault} cannot happen here`)
    const loss = await strike(fault)
    if (loss) history.losses.push(loss)
  }
}

/** Everybody comes back, signs in, and has said all. */
async function settled(history: History, talkers: readonly Talker[], desks: readonly Desk[]): Promise<void> {
  for (const one of talkers) {
    one.comeBack()
    void one.signIn()
  }
  const quiet = () =>
    talkers.every((one) => one.idle && one.signedIn && !one.busy) &&
    desks.every((desk) => desk.idle && desk.usable)
  await rest("rest", history, REST_MS, quiet)
  for (const one of talkers)
    if (!one.idle || !one.signedIn || one.busy)
      history.stuck.push(
        `${one.name} is ${one.signedIn ? "" : "not "}signed in${one.busy ? ", is about to change that," : ""} and has ${one.idle ? "no" : "an"} unanswered send`,
      )
  for (const desk of desks)
    if (!desk.idle || !desk.usable) history.stuck.push(`${desk.name} did not come to rest`)
}

/**
 * Patience begins anew with every answer: a slow machine has not failed while it still gets on, and nobody is asked what
 * they see while anything is still being answered. There are only so many answers, so a day ends.
 */
async function rest(what: string, history: History, patience: number, holds: () => boolean): Promise<void> {
  const answers = () =>
    history.sends.filter(({ acked, refused }) => acked || refused !== undefined).length +
    history.signIns.filter(({ acked }) => acked !== undefined).length
  let seen = answers()
  let end = performance.now() + patience
  while (!holds() && performance.now() < end) {
    await delay(25)
    if (answers() === seen) continue
    seen = answers()
    end = performance.now() + patience
  }
  if (!holds()) history.stuck.push(`no ${what}: nothing was answered for ${patience} ms`)
}
