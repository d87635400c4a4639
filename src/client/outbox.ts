/**
 * What was typed and is not yet known to be stored. It lives outside the view, so that nothing that replaces the
 * view – a new state, a reload, an expiry – loses a message. Pure: each function takes an outbox and answers with
 * the next one; `outbox-sender.ts` does the sending.
 *
 * A message is sent under the same `localId` until the hub has answered for good, so that it is stored once.
 */
import type { ReadyReason } from "../protocol/handshake.ts"
import { curedByLogin } from "./auth-errors.ts"
import { ClientError } from "./client-error.ts"
import type { Message, OwnContent } from "./client-model.ts"
import { type Owner, verdictOn } from "./draft-owner.ts"
import { retryWait } from "./retry-wait.ts"
import type { SessionRecord } from "./session-record.ts"

export interface SendBody {
  readonly localId: string
  readonly conversationId?: string | undefined
  readonly content: OwnContent
  readonly metadata?: Record<string, string | number | boolean> | undefined
  readonly ifHead?: string | undefined
}

/** What is kept over a reload. Times are Unix milliseconds. */
export interface Draft {
  readonly body: SendBody
  readonly owner?: Owner | undefined
  readonly typedAt: number
  /** When it was first handed to a connection: from then on it may be stored. */
  readonly firstSentAt?: number | undefined
  /** It was refused for good. */
  readonly failed?: { readonly code: ClientError["code"]; readonly message: string } | undefined
}

export interface OutboxEntry extends Draft {
  readonly state: "waiting" | "sending" | "failed"
  /** Which sending is the current one; answers to earlier ones that failed are ignored. */
  readonly attempt: number
  /** Failures since it last went well; they slow the repeats down. */
  readonly failures: number
  readonly notBefore: number
  /** When that was decided: a clock that shows less was set back. */
  readonly decidedAt?: number
  /** Refusals in a row by a fault of the hub: the same again fails the same way. */
  readonly faults?: number
  readonly error?: ClientError
}

export interface Failed extends OutboxEntry {
  readonly error: ClientError
}

export type Outbox = readonly OutboxEntry[]

export const EMPTY: Outbox = []
const MOST_ENTRIES = 1000
/** After so many the message has failed, and its author decides. */
const MOST_FAULTS = 3

/** The hub recognizes a repeat for 24 hours (docs/protocol.md 3.2); an hour is left for clocks and transmission. */
export const REPEATS_KNOWN_MS = 23 * 3_600_000

export const localIdOf = (draft: Draft): string => draft.body.localId

export const find = (outbox: Outbox, localId: string): OutboxEntry | undefined =>
  outbox.find((entry) => localIdOf(entry) === localId)

const pending = (outbox: Outbox): OutboxEntry[] => outbox.filter(({ state }) => state !== "failed")

/** Why no more may be added. */
export const whenFull = (outbox: Outbox): ClientError | undefined =>
  pending(outbox).length < MOST_ENTRIES ? undefined : new ClientError("outbox_full")

/** One whose name is not there yet. */
export const append = (outbox: Outbox, draft: Draft): Outbox => [...outbox, entryOf(draft)]

function entryOf(draft: Draft): OutboxEntry {
  const entry = { ...draft, attempt: 0, failures: 0, notBefore: 0 }
  const { failed } = draft
  if (!failed) return { ...entry, state: "waiting" }
  return { ...entry, state: "failed", error: new ClientError(failed.code, failed.message, false) }
}

/** Drafts of an earlier run of the page come before those of this one; each once. */
export function restore(outbox: Outbox, drafts: readonly Draft[]): Outbox {
  const found = new Map(drafts.map((draft) => [localIdOf(draft), draft]))
  for (const entry of outbox) found.delete(localIdOf(entry))
  return [...[...found.values()].map(entryOf), ...outbox]
}

export interface Turn {
  readonly outbox: Outbox
  readonly send: readonly OutboxEntry[]
  /** They failed: their outcome can no longer be found out without a risk of doubling. */
  readonly expired: readonly Failed[]
  /** When to look again; absent: when something happens. */
  readonly wakeAt?: number | undefined
}

/**
 * Which may go now: in order, at most `window` unanswered. Where one waits after a failure the others wait behind
 * it, and it goes alone.
 */
export function next(outbox: Outbox, owner: Owner, now: number, window: number): Turn {
  const send: OutboxEntry[] = []
  const expired: Failed[] = []
  let open = window
  let wakeAt: number | undefined
  const after = outbox.map((entry): OutboxEntry => {
    const { state, failures, notBefore, decidedAt = 0, firstSentAt = now } = entry
    if (state === "failed") return entry
    if (state === "waiting" && now - firstSentAt > REPEATS_KNOWN_MS) {
      const tooOld = asFailed(entry, new ClientError("outcome_unknown"))
      expired.push(tooOld)
      return tooOld
    }
    if (open <= 0 || entry.owner?.userId !== owner.userId) return entry
    const full = open < window
    open = failures > 0 ? 0 : open - 1
    if (state === "sending") return entry
    const waits = notBefore > now && now >= decidedAt
    if (waits) wakeAt = notBefore
    if (waits || (failures > 0 && full)) return entry
    const sent: OutboxEntry = { ...entry, state: "sending", attempt: entry.attempt + 1, firstSentAt }
    send.push(sent)
    return sent
  })
  return { outbox: after, send, expired, wakeAt }
}

/** It is stored: an acknowledgement or the feed says so. */
export const settle = (outbox: Outbox, localId: string): Outbox =>
  outbox.filter((entry) => localIdOf(entry) !== localId)

/** Messages of this device that are seen in the feed or in a state need no acknowledgement any more. */
export const storedOf = (
  outbox: Outbox,
  messages: readonly Message[],
  deviceId: string,
): readonly Message[] => {
  const waiting = new Set<string | undefined>(pending(outbox).map(localIdOf))
  return messages.filter(({ localId, source }) => source.deviceId === deviceId && waiting.has(localId))
}

/**
 * It was not answered, or refused. What a login cures waits for the login; what may succeed later waits
 * a while; everything else has failed for good, and lets the others go on.
 */
export function refuse(
  outbox: Outbox,
  localId: string,
  attempt: number,
  error: ClientError,
  now: number,
  random: number,
): Outbox {
  return outbox.map((entry) => {
    if (localIdOf(entry) !== localId || entry.attempt !== attempt || entry.state !== "sending") return entry
    if (curedByLogin(error)) return { ...entry, state: "waiting" }
    const faults = error.code === "internal" ? (entry.faults ?? 0) + 1 : 0
    if (!error.retryable || faults >= MOST_FAULTS) return asFailed(entry, error)
    const wait = retryWait(error, entry.failures, random)
    const failures = entry.failures + 1
    return { ...entry, state: "waiting", failures, notBefore: now + wait, decidedAt: now, faults }
  })
}

const asFailed = (entry: OutboxEntry, error: ClientError): Failed => ({
  ...entry,
  state: "failed",
  error,
  failed: { code: error.code, message: error.message },
})

/** A failed message goes once more, under its own `localId`, behind what waits. */
export function again(outbox: Outbox, localId: string, now: number): Outbox {
  const entry = find(outbox, localId)
  if (entry?.state !== "failed") return outbox
  const { error: _, failed, ...draft } = entry
  // A message whose outcome was never known may be stored: it is still the same message for as long as the hub knows it.
  const firstSentAt = failed?.code === "outcome_unknown" ? now : undefined
  return append(settle(outbox, localId), { ...draft, firstSentAt })
}

/** It was never handed to a connection, or is known not to be stored. */
export const isRecallable = ({ state, firstSentAt }: OutboxEntry): boolean =>
  state === "failed" || (state === "waiting" && firstSentAt === undefined)

/** The connection is gone: whether they arrived is not known, so they go again, at once when there is a new one. */
export const disconnected = (outbox: Outbox): Outbox =>
  outbox.map((entry) =>
    entry.state === "sending" ? { ...entry, state: "waiting", failures: 0, notBefore: 0 } : entry,
  )

/** A state arrived: decides whose the drafts are now. An entry that stays as it was is the same object. */
export function identify(
  outbox: Outbox,
  before: Owner | undefined,
  now: Owner,
  reason: ReadyReason,
  record?: SessionRecord,
): { readonly outbox: Outbox; readonly rejected: readonly OutboxEntry[] } {
  const rejected: OutboxEntry[] = []
  const mine = outbox.flatMap((entry) => {
    const verdict = verdictOn(entry.owner, before, now, reason, record)
    if (verdict === "reject") rejected.push(entry)
    if (verdict === "adopt") return [isOf(entry, now) ? entry : { ...entry, owner: now }]
    return verdict === "hold" ? [entry] : []
  })
  return { outbox: mine, rejected }
}

const isOf = ({ owner }: OutboxEntry, now: Owner): boolean =>
  owner?.userId === now.userId && owner.externalId === now.externalId

/** The part of an entry that is kept over a reload. */
export const draftOf = ({ body, owner, typedAt, firstSentAt, failed }: OutboxEntry): Draft => ({
  body,
  owner,
  typedAt,
  firstSentAt,
  failed,
})
