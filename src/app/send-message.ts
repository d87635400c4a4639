/** Stores a message, once: also if it is repeated after its user was merged into another one. */

import { type Append, type ChangeSet, endsWith, type Put } from "../domain/change-set.ts"
import { conversationView, logBound, messageView } from "../domain/conversation.ts"
import { deviceUsed } from "../domain/device.ts"
import { userEvent } from "../domain/event-entries.ts"
import { sentAnswer } from "../domain/known-sends.ts"
import {
  conversationCreateEvents,
  type Effects,
  effectsOf,
  formMessage,
  idempotencyKey,
  type NewMessage,
  payloadOf,
  sendChangeSet,
} from "../domain/message.ts"
import { conversationStatus, isActive, ticketEvent } from "../domain/ticket.ts"
import { isAuthenticated, userUpdateEvents } from "../domain/user.ts"
import { newId } from "../lib/ids.ts"
import type { Overlapping } from "../lib/serial-queue.ts"
import { HubError } from "../protocol/errors.ts"
import type { Partition } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import { AGAIN, type Commit, type Decision, transact } from "../repository/transact.ts"
import type { Actor } from "./actor.ts"
import type { App } from "./app.ts"
import { loadConversationState } from "./conversation-lookup.ts"
import { unlessOvertaken } from "./if-head.ts"
import { type SendTarget, seenTarget, targetOf } from "./send-target.ts"
import { duplicate, firstAnswer, maybeSentBefore, type SendCommand, type Sent } from "./sent-before.ts"
import { movesBadges, tellBadges } from "./tell-badges.ts"

/** A send that was handed to the store and is not answered yet. */
export interface HandedOver {
  readonly partition: Partition
  readonly id: NonNullable<ChangeSet["id"]>
}

/**
 * A send's turn among those of its socket: the next one may begin when this one was handed to the store, and is stored
 * after it.
 */
export type SendTurn = Overlapping<HandedOver>

/** @throws HubError `not_found`, `conflict`, `conversation_locked`, `session_consumed` */
export function sendMessage(
  app: App,
  actor: Actor,
  command: SendCommand,
  now: number,
  turn?: SendTurn,
): Promise<Sent> {
  const sending: NewMessage = {
    messageId: newId("msg", actor.partition.index),
    localId: command.localId,
    author: actor.author,
    content: command.content,
    metadata: command.metadata,
    source: actor.source,
    authenticated: actor.authenticated,
    ...(command.internal && { internal: true }),
  }
  const commitTo = (target: SendTarget, changeSet: ChangeSet, after?: ChangeSet["id"]): Commit<Sent> => ({
    partition: target.partition,
    changeSet: {
      id: idempotencyKey(target.user.id, actor.device, command.localId),
      answer: sentAnswer(target.record.log),
      after,
      ...changeSet,
    },
    handedOver({ id }) {
      // A send that changes records would make the next one conflict, so that one waits for its answer.
      if (id && !changeSet.put?.length) turn?.letNext({ partition: target.partition, id })
    },
    refused: () => turn?.takeBack(),
    committed({ message: stored }) {
      if (!stored) throw new Error("A send begins with its message.")
      if (movesBadges(target.user, (target.user.activeTickets ?? 0) + 1)) tellBadges(app, target.user.id)
      const message = messageView(payloadOf(sending), target.record.log, stored, target.record.id)
      return { message, duplicate: false }
    },
    repeated: (repeated) => duplicate(app, { partition: target.partition, repeated }),
  })
  const decideOn = async (reads: ReadSet, tries: number): Promise<Decision<Sent>> => {
    const writer = await actor.load(reads, command.conversationId)
    const first = maybeSentBefore(writer.record, command)
      ? await firstAnswer(app, writer.record, actor.device, command)
      : undefined
    if (first) return { answer: await duplicate(app, first) }

    const target = await targetOf(app, actor, writer, command, now, reads)
    if (!target) return AGAIN
    refuseIfFull(target, reads)
    const effects = effectsOf(target.record, target.user, sending, target.fresh, now)
    const heads = await headsOf(app, actor, target, effects, command, tries <= EXACT_TRIES)
    return commitTo(target, changeSetOf(actor, target, effects, sending, heads))
  }
  // Most messages follow others of the same user in the same conversation, so both records are in the node's cache.
  const decideOnSeen = (reads: ReadSet, before?: HandedOver): Commit<Sent> | undefined => {
    const target = seenTarget(actor, command, reads)
    if (!target || (before && before.partition !== target.partition)) return undefined
    const effects = effectsOf(target.record, target.user, sending, target.fresh, now)
    if (reopens(target, effects)) return undefined
    refuseIfFull(target, reads)
    const changeSet = changeSetOf(actor, target, effects, sending, NO_HEADS)
    return commitTo(target, changeSet, before?.id)
  }
  // Behind an unanswered send: handed over with `after` as soon as that one is, and after a conflict as soon as it is
  // again. Were those behind a conflict stored one by one, a steady stream would never catch up.
  const decide = (reads: ReadSet, tries: number): Decision<Sent> | Promise<Decision<Sent>> => {
    if (!turn || turn.first) return decideOnSeen(reads) ?? decideOn(reads, tries)
    const { before } = turn
    const behind = before && decideOnSeen(reads, before)
    if (behind) return behind
    return (before ? turn.alone() : turn.untilLet()).then(() => decide(reads, tries))
  }
  // A plain message expects every record it reads, so it may begin with the records this node saw last.
  return transact(app, "message:send", decide, new ReadSet(true))
}

/** Preconditions and events that need a read of the log: for `ifHead`, and where the message reopens the conversation. */
interface Heads {
  readonly heads: NonNullable<ChangeSet["heads"]>
  readonly append: readonly Append[]
}
const NO_HEADS: Heads = { heads: [], append: [] }

async function headsOf(
  app: App,
  actor: Actor,
  target: SendTarget,
  effects: Effects,
  command: SendCommand,
  exact: boolean,
): Promise<Heads> {
  const reopened = reopens(target, effects) ? await reopening(app, target, effects) : NO_HEADS
  const ahead = command.ifHead === undefined ? [] : await unlessOvertaken(app, actor, target, command.ifHead)
  return { heads: [...ahead, ...(exact ? reopened.heads : [])], append: reopened.append }
}

const reopens = ({ record, created }: SendTarget, { after }: Effects): boolean =>
  !created && record.ticket !== after && conversationStatus(record.ticket) !== conversationStatus(after)

/** The rules decide, on what was loaded. */
function changeSetOf(
  actor: Actor,
  target: SendTarget,
  effects: Effects,
  sending: NewMessage,
  { heads, append }: Heads,
): ChangeSet {
  const { record, created, fresh } = target
  const messages = created?.form ? [sending, formMessage(fresh, created.form)] : [sending]
  const events = [
    ...(created ? conversationCreateEvents(record, created.view) : []),
    ...(effects.profile ? userUpdateEvents(effects.user, "profile") : []),
    ...append,
    ...ticketEvents(effects),
  ]
  const changeSet = sendChangeSet(target.expect, effects, messages, events, changedRecords(target, effects))
  // Only for a first message, which makes the user's record; later ones are noted by `last-seen.ts`.
  const used = created && actor.side === "user" ? deviceUsed(target.user.id, actor.source) : []
  return {
    ...changeSet,
    heads: [...heads, ...(changeSet.heads ?? [])],
    rank: [...(changeSet.rank ?? []), ...used],
  }
}

function changedRecords(target: SendTarget, effects: Effects): Put[] {
  const { record, user, before, after } = effects
  const userChanged = target.created || effects.more !== 0 || effects.profile
  const recordChanged = target.created || after !== before || record.form !== target.record.form
  return [
    ...(userChanged ? [{ kind: "user", id: user.id, value: user } as const] : []),
    ...(recordChanged ? [{ kind: "conversation", id: record.id, value: record } as const] : []),
    ...(after && after.id !== before?.id
      ? [{ kind: "ticket", id: after.id, value: { conversationId: record.id } } as const]
      : []),
  ]
}

/** Index of the message among the appends: the ticket's event points to it, because its time is the last activity. */
const MESSAGE = 0

/**
 * The event of a ticket that the message changed. Its ticket is the latest now, so it bears the badge if any of the
 * user's does.
 */
function ticketEvents({ record, user, before, after }: Effects): Append[] {
  if (!after || after === before) return []
  const type = before?.id === after.id ? "ticket:update" : "ticket:create"
  const event = ticketEvent(after, record, isAuthenticated(user) && isActive(after), "now", type)
  return event.to === "agents" ? [{ ...event, of: MESSAGE }] : []
}

/**
 * Tries in which a message that reopens a conversation expects the log's end; after them its unread count may be some
 * messages old.
 */
const EXACT_TRIES = 5

/**
 * The event that the conversation is open again, which comes before the message, and the head at which its unread count
 * is exact.
 */
async function reopening(
  app: App,
  { partition, record, expect }: SendTarget,
  effects: Effects,
): Promise<Heads> {
  const versioned = expect.find(({ kind }) => kind === "conversation")
  if (!versioned) return NO_HEADS
  const place = {
    partition,
    versioned: { ...versioned, kind: "conversation", value: record } as const,
    record,
  }
  const state = await loadConversationState(app, place)
  const conversation = conversationView(effects.record, state.reading, "user", state.last.user)
  return {
    heads: [endsWith(record.log, state.head)],
    append: [userEvent(record.userId, { type: "conversation:update", data: { conversation } })],
  }
}

/**
 * @throws HubError `conversation_locked` after a conflict that showed the log to be full. Not before the commit, so that a
 * repeated send is answered also in a full conversation
 */
function refuseIfFull({ partition, record }: SendTarget, reads: ReadSet): void {
  const head = reads.knownHead(partition, record.log)
  if ((head?.n ?? 0) >= logBound(record)) throw new HubError("conversation_locked")
}
