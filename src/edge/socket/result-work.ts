/** Estimates what a command cost by its answer. That is known only afterwards, and charged then. */
import { ANSWERED_BYTES, STATE_BYTES, WORK } from "./work.ts"

/** Lists in results, of whichever command, and the work for each of their entries in addition to its bytes. */
const ENTRY_WORK = [
  ["conversations", WORK.listed],
  ["tickets", WORK.ticketListed],
  ["found", WORK.found],
  ["events", WORK.missed],
] as const

/** @param written bytes of the answer */
export function resultWork(result: unknown, written: number): number {
  if (typeof result !== "object" || result === null) return 0
  const state: unknown = Reflect.get(result, "state")
  const bytes = written / (state === undefined ? ANSWERED_BYTES : STATE_BYTES)
  const merged = isMerge(result) ? mergeWork(state) : 0
  return bytes + merged + entriesWork(result) + entriesWork(state)
}

/** What the client's address pays besides. */
export const resultAddressWork = (result: unknown): number => (isMerge(result) ? WORK.mergeStored : 0)

const isMerge = (result: unknown): boolean =>
  typeof result === "object" && result !== null && Reflect.get(result, "outcome") === "merged"

function mergeWork(state: unknown): number {
  return WORK.merge + lengthOf(state, "conversations") * WORK.merged
}

function entriesWork(holder: unknown): number {
  return ENTRY_WORK.reduce((work, [list, each]) => work + lengthOf(holder, list) * each, 0)
}

function lengthOf(holder: unknown, list: string): number {
  const entries: unknown =
    typeof holder === "object" && holder !== null ? Reflect.get(holder, list) : undefined
  return Array.isArray(entries) ? entries.length : 0
}
