/**
 * What was typed and is not yet known to be stored. It lives outside the view, so that nothing that replaces the
 * view – a new state, a reload, an expiry – loses a message. Pure: each function takes an outbox and answers with
 * the next one; `sender.ts` does the sending.
 *
 * A message is sent under the same `localId` until the hub has answered for good, so that it is stored once.
 */

import type { Body } from "../protocol/commands.ts"
import type { ReadyReason } from "../protocol/handshake.ts"
import type { Message } from "../protocol/model.ts"
import { type ClientError, curedByLogin } from "./errors.ts"
import { fateOf, type Owner } from "./identity.ts"

/** What is kept over a reload. Times are Unix milliseconds. */
export interface Draft {
  readonly body: Body<"message:send">
  readonly owner?: Owner
  readonly typedAt: number
  /** When it was first handed to a connection: from then on it may be stored. */
  readonly firstSentAt?: number
}

export interface Entry extends Draft {
  readonly state: "waiting" | "sending" | "failed"
  /** Which sending is the current one; answers to earlier ones that failed say nothing. */
  readonly attempt: number
  /** Failures since it last went well; they slow the repeats down. */
  readonly failures: number
  readonly notBefore: number
  readonly error?: ClientError
}

export type Outbox = readonly Entry[]

export const EMPTY: Outbox = []
export const MOST_ENTRIES = 1000

/** The hub knows a repeat for 24 hours (docs/protocol.md 3.2); an hour is left for its clock and for the way. */
export const REPEATS_KNOWN_MS = 23 * 3_600_000

export const localIdOf = (draft: Draft): string => draft.body.localId

export const pending = (outbox: Outbox): Entry[] => outbox.filter(({ state }) => state !== "failed")

export function add(outbox: Outbox, ...drafts: readonly Draft[]): Outbox {
  const known = new Set(outbox.map(localIdOf))
  const entries = drafts
    .filter((draft) => !known.has(localIdOf(draft)))
    .map((draft) => ({ ...draft, state: "waiting" as const, attempt: 0, failures: 0, notBefore: 0 }))
  return [...outbox, ...entries]
}

/** Drafts of an earlier run of the page come before those of this one. */
export const restore = (outbox: Outbox, drafts: readonly Draft[]): Outbox => {
  const current = new Set(outbox.map(localIdOf))
  return [...add(EMPTY, ...drafts).filter((entry) => !current.has(localIdOf(entry))), ...outbox]
}

export interface Turn {
  readonly outbox: Outbox
  readonly send: readonly Entry[]
  /** Their outcome can no longer be found out without a risk of doubling. */
  readonly expired: readonly Entry[]
  /** When to look again; absent: when something happens. */
  readonly wakeAt?: number
}

/**
 * Who may go now: in order, at most `window` unanswered. Where one waits after a failure the others wait behind
 * it, and it goes alone.
 */
export function next(outbox: Outbox, owner: Owner, now: number, window: number): Turn {
  const tooOld = (entry: Entry): boolean =>
    entry.state === "waiting" && entry.firstSentAt !== undefined && now - entry.firstSentAt > REPEATS_KNOWN_MS
  const expired = outbox.filter(tooOld)
  const kept = outbox.filter((entry) => !tooOld(entry))
  const line = pending(kept).filter((entry) => entry.owner?.userId === owner.userId)
  const send: Entry[] = []
  let open = window - line.filter(({ state }) => state === "sending").length
  let wakeAt: number | undefined
  for (const entry of line) {
    if (entry.state === "sending") {
      if (entry.failures > 0) break
      continue
    }
    if (entry.notBefore > now) wakeAt = entry.notBefore
    const alone = entry.failures > 0
    if (wakeAt !== undefined || open <= 0 || (alone && open < window)) break
    send.push({
      ...entry,
      state: "sending",
      attempt: entry.attempt + 1,
      firstSentAt: entry.firstSentAt ?? now,
    })
    open -= 1
    if (alone) break
  }
  const sent = new Map(send.map((entry) => [localIdOf(entry), entry]))
  const after = kept.map((entry) => sent.get(localIdOf(entry)) ?? entry)
  return { outbox: after, send, expired, ...(wakeAt !== undefined && { wakeAt }) }
}

/** It is stored: an acknowledgement or the feed says so. */
export const settle = (outbox: Outbox, localId: string): Outbox =>
  outbox.filter((entry) => localIdOf(entry) !== localId)

/** Messages of this device that are seen in the feed or in a state need no acknowledgement any more. */
export const storedOf = (outbox: Outbox, messages: Iterable<Message>, deviceId: string): Message[] => {
  const waiting = new Set(pending(outbox).map(localIdOf))
  if (waiting.size === 0) return []
  return [...messages].filter(
    ({ localId, source }) => localId !== undefined && source.deviceId === deviceId && waiting.has(localId),
  )
}

/**
 * It was not answered, or refused. What a login cures waits for the login; what may succeed later waits
 * `delayMs`; everything else has failed for good, and lets the others go on.
 */
export function refuse(
  outbox: Outbox,
  localId: string,
  attempt: number,
  error: ClientError,
  now: number,
  delayMs: (failures: number) => number,
): Outbox {
  return outbox.map((entry) => {
    if (localIdOf(entry) !== localId || entry.attempt !== attempt || entry.state !== "sending") return entry
    if (curedByLogin(error)) return { ...entry, state: "waiting" }
    if (!error.retryable) return { ...entry, state: "failed", error }
    const wait = Math.max(error.retryAfterMs ?? 0, delayMs(entry.failures))
    return { ...entry, state: "waiting", failures: entry.failures + 1, notBefore: now + wait }
  })
}

/** The connection is gone: whether they arrived is not known, so they go again, at once when there is a new one. */
export const disconnected = (outbox: Outbox): Outbox =>
  outbox.map((entry) =>
    entry.state === "sending" ? { ...entry, state: "waiting", failures: 0, notBefore: 0 } : entry,
  )

/** A state arrived: whose are they now? Failed ones of somebody else vanish with him. */
export function identify(
  outbox: Outbox,
  before: Owner | undefined,
  now: Owner,
  reason: ReadyReason,
): { readonly outbox: Outbox; readonly rejected: readonly Entry[] } {
  const judged = outbox.map((entry) => ({ entry, fate: fateOf(entry.owner, before, now, reason) }))
  return {
    outbox: judged.flatMap(({ entry, fate }) => {
      if (fate === "reject") return []
      return [fate === "adopt" ? { ...entry, owner: now } : entry]
    }),
    rejected: judged.flatMap(({ entry, fate }) => (fate === "reject" ? [entry] : [])),
  }
}

/** What of an entry is kept over a reload. */
export const draftOf = ({ body, owner, typedAt, firstSentAt }: Entry): Draft => ({
  body,
  typedAt,
  ...(owner && { owner }),
  ...(firstSentAt !== undefined && { firstSentAt }),
})
