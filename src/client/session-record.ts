/**
 * Who this browser is: the one record in the storage that all its tabs agree on. Pure.
 *
 * A `generation` lasts from one sign-out to the next. Within it a visitor may sign in; where a tab finds a later
 * generation than its own, the user it knows is gone; where it finds an earlier one, a tab that had not seen its writing
 * yet has written over it. Another tab's writing arrives some time after it was done.
 */
import { decoded } from "./unknown-fields.ts"

export interface SessionRecord {
  readonly generation?: string | undefined
  /** The visitor's session, and the user it opens. */
  readonly sessionToken?: string | undefined
  readonly userId?: string | undefined
  /** The external id that is signed in. */
  readonly externalId?: string | undefined
  /** The external id with which this visitor was about to sign in: their tab may not live to hear that they did. */
  readonly presented?: string | undefined
  /** The last visitor whose session the hub called consumed: they signed in, and no tab heard of it. */
  readonly consumed?: string | undefined
  /** As whom, as far as it is known. */
  readonly consumedAs?: string | undefined
}

export const NO_SESSION: SessionRecord = {}

/** Which fields go from one session of a generation to the next. */
export const consumedIn = ({ consumed, consumedAs }: SessionRecord): SessionRecord =>
  consumed ? { consumed, consumedAs } : NO_SESSION

/** What is left of the record of a visitor whose session is over. */
export function sessionDropped(
  { sessionToken: _, userId, presented, ...rest }: SessionRecord,
  consumed: boolean,
): SessionRecord {
  return consumed && userId ? { ...rest, consumed: userId, consumedAs: presented } : rest
}

/** A text that is no record was not written by this version: there is no session. */
export const decodeRecord = (text: string | null | undefined): SessionRecord =>
  Object.fromEntries(
    Object.entries(decoded(text)).filter((field): field is [string, string] => typeof field[1] === "string"),
  )

const timeOf = (generation = ""): number => Number(generation.split("~")[0]) || 0

/** A generation that begins now, and after the known one. The first of a browser has the time 0: any other is later. */
export const generationAfter = (known: string | undefined, at: number, tag: string): string =>
  `${known === undefined ? 0 : Math.max(at, timeOf(known) + 1)}~${tag}`

export const isLater = (one: SessionRecord, two: SessionRecord): boolean =>
  timeOf(one.generation) > timeOf(two.generation)

/**
 * Whether a tab may write its record over the one that is stored: not over a later generation. Of two that began at the
 * same time, and of two sessions of a visitor, the stored one is kept, and this tab follows it.
 */
export function mayReplace(stored: SessionRecord, record: SessionRecord): boolean {
  if (stored.generation !== record.generation) return !stored.generation || isLater(record, stored)
  // Another tab signed in as another user at the same moment: the one that comes second begins its own generation.
  if (areOthers(stored, record)) return false
  return record.externalId !== undefined || !stored.sessionToken || stored.userId === record.userId
}

/** Both are signed in, and not as the same. */
export const areOthers = (one: SessionRecord, two: SessionRecord): boolean =>
  one.externalId !== undefined && two.externalId !== undefined && one.externalId !== two.externalId
