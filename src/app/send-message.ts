/** Stores a message: once, also if it was sent before under another id of the user, and at the survivor of a merge. */

import { type Append, type ChangeSet, endsWith, type Put } from "../domain/change-set.ts"
import { conversationView, logBound, messageView } from "../domain/conversation.ts"
import { deviceUsed } from "../domain/device.ts"
import { userEvent } from "../domain/event.ts"
import { sentAnswer } from "../domain/known-sends.ts"
import {
  conversationCreateEvents,
  type Effects,
  effectsOf,
  type FreshIds,
  formMessage,
  idempotencyKey,
  type NewMessage,
  newConversation,
  payloadOf,
  sendChangeSet,
} from "../domain/message.ts"
import type { ConversationRecord, UserRecord } from "../domain/records.ts"
import { conversationStatus, isActive, ticketEvent } from "../domain/ticket.ts"
import { isAuthenticated, userUpdateEvents } from "../domain/user.ts"
import { newId } from "../lib/ids.ts"
import type { Overlapping } from "../lib/serial-queue.ts"
import type { ConversationId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import type { Content, Conversation } from "../protocol/model.ts"
import type { Partition } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import { AGAIN, type Commit, type Decision, transact } from "../repository/transact.ts"
import type { Actor, Writer } from "./actor.ts"
import type { App } from "./app.ts"
import { loadConversationState } from "./conversation-lookup.ts"
import { freshIds } from "./fresh-ids.ts"
import { unlessOvertaken } from "./if-head.ts"
import { duplicate, firstAnswer, maybeSentBefore, type SendCommand, type Sent } from "./sent-before.ts"
import { movesBadges, tellBadges } from "./tell-badges.ts"

/** A send that a store has in hand, not answered yet. */
export interface HandedOver {
  readonly partition: Partition
  readonly id: NonNullable<ChangeSet["id"]>
}

/** Among the sends of one socket: the next may begin when this one is in the store's hands, and is stored behind it. */
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
  const commitTo = (target: Target, changeSet: ChangeSet, after?: ChangeSet["id"]): Commit<Sent> => ({
    partition: target.partition,
    changeSet: {
      id: idempotencyKey(target.user.id, actor.device, command.localId),
      answer: sentAnswer(target.record.log),
      after,
      ...changeSet,
    },
    handedOver({ id }) {
      // What follows a change of the records it expects would only conflict.
      if (id && !changeSet.put?.length) turn?.letNext({ partition: target.partition, id })
    },
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
  // Most messages follow others of the same user in the same conversation: what they need this node has seen.
  const decideOnSeen = (reads: ReadSet, before?: HandedOver): Commit<Sent> | undefined => {
    const target = seenTarget(actor, command, reads)
    if (!target || (before && before.partition !== target.partition)) return undefined
    const effects = effectsOf(target.record, target.user, sending, target.fresh, now)
    if (reopens(target, effects)) return undefined
    refuseIfFull(target, reads)
    const changeSet = changeSetOf(actor, target, effects, sending, NO_HEADS)
    return commitTo(target, changeSet, before?.id)
  }
  // Behind a send that the store has in hand: handed over at once, and after a conflict when that one is answered.
  const decide = (reads: ReadSet, tries: number): Decision<Sent> | Promise<Decision<Sent>> => {
    const before = turn?.before
    if (!before) return decideOnSeen(reads) ?? decideOn(reads, tries)
    const behind = tries === 1 ? decideOnSeen(reads, before) : undefined
    return behind ?? turn.alone().then(() => decide(reads, tries))
  }
  // A plain message expects every record it reads, so it may begin with the records this node saw last.
  return transact(app, "message:send", decide, new ReadSet(true))
}

interface Target {
  readonly partition: Partition
  readonly record: ConversationRecord
  readonly user: UserRecord
  readonly expect: NonNullable<ChangeSet["expect"]>
  readonly fresh: FreshIds
  /** Set where this message creates the conversation. */
  readonly created?: { readonly form: Content | undefined; readonly view: Conversation }
}

/** [ifHead] has to be read for, and so has what was sent under former names. */
function seenTarget(actor: Actor, command: SendCommand, reads: ReadSet): Target | undefined {
  const seen = actor.seen(reads, command.conversationId)
  if (!seen || maybeSentBefore(seen.writer.record, command)) return undefined
  const { writer, place } = seen
  return {
    partition: place.partition,
    record: place.record,
    user: writer.record,
    expect: [writer.versioned, place.versioned],
    fresh: freshIds(place.partition.index),
  }
}

async function targetOf(
  app: App,
  actor: Actor,
  writer: Writer,
  command: SendCommand,
  now: number,
  reads: ReadSet,
): Promise<Target | undefined> {
  const { partition, versioned, record: user } = writer
  const fresh = freshIds(partition.index)
  const id = command.conversationId ?? (await latestConversation(app, actor, writer))
  if (id === undefined) {
    const made = newConversation(user, fresh, now, app.settings.defaultResponder)
    const absent = { kind: "conversation", id: made.record.id, version: 0 } as const
    return {
      partition,
      record: made.record,
      user: made.user,
      expect: [versioned, absent],
      fresh,
      created: made,
    }
  }
  const place = await actor.conversation(id, writer, reads)
  return (
    place && {
      partition: place.partition,
      record: place.record,
      user,
      expect: [versioned, place.versioned],
      fresh,
    }
  )
}

/** What must be read of logs: for `ifHead`, and where the message reopens the conversation. */
interface Heads {
  readonly heads: NonNullable<ChangeSet["heads"]>
  readonly append: readonly Append[]
}
const NO_HEADS: Heads = { heads: [], append: [] }

async function headsOf(
  app: App,
  actor: Actor,
  target: Target,
  effects: Effects,
  command: SendCommand,
  exact: boolean,
): Promise<Heads> {
  const reopened = reopens(target, effects) ? await reopening(app, target, effects) : NO_HEADS
  const ahead = command.ifHead === undefined ? [] : await unlessOvertaken(app, actor, target, command.ifHead)
  return { heads: [...ahead, ...(exact ? reopened.heads : [])], append: reopened.append }
}

const reopens = ({ record, created }: Target, { after }: Effects): boolean =>
  !created && record.ticket !== after && conversationStatus(record.ticket) !== conversationStatus(after)

/** The rules decide, on what was loaded. */
function changeSetOf(
  actor: Actor,
  target: Target,
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
  // Later messages of a device are counted by `last-seen.ts`, with its coming and going.
  const used = created && actor.side === "user" ? deviceUsed(target.user.id, actor.source) : []
  return {
    ...changeSet,
    heads: [...heads, ...(changeSet.heads ?? [])],
    rank: [...(changeSet.rank ?? []), ...used],
  }
}

function changedRecords(target: Target, effects: Effects): Put[] {
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

/** A send begins with its message: it is what the ticket's last activity is. */
const MESSAGE = 0

/** A message makes its ticket the latest of all: among those that bear the badge, where any of the user's do. */
function ticketEvents({ record, user, before, after }: Effects): Append[] {
  if (!after || after === before) return []
  const type = before?.id === after.id ? "ticket:update" : "ticket:create"
  const event = ticketEvent(after, record, isAuthenticated(user) && isActive(after), "now", type)
  return event.to === "agents" ? [{ ...event, of: MESSAGE }] : []
}

/** So often a message that reopens a conversation waits for others to pause; then its count may be some messages old. */
const EXACT_TRIES = 5

/** Reopening a conversation is an event before the message's own; its unread count is exact at this head. */
async function reopening(app: App, { partition, record, expect }: Target, effects: Effects): Promise<Heads> {
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

/** [3.2] The most recently active conversation; in single mode there is but one. */
async function latestConversation(
  app: App,
  actor: Actor,
  writer: Writer,
): Promise<ConversationId | undefined> {
  if (actor.side === "business") throw new HubError("not_found")
  const known: UserRecord = writer.record
  if (known.defaultConversation === undefined || app.settings.conversationMode === "single")
    return known.defaultConversation
  const [latest] = await writer.partition.rank("conversations", writer.id, { limit: 1 })
  return latest?.member ?? known.defaultConversation
}

/** After a conflict, which brought the head along; a repeat conflicts with nothing, and is answered. */
function refuseIfFull({ partition, record }: Target, reads: ReadSet): void {
  const head = reads.knownHead(partition, record.log)
  if ((head?.n ?? 0) >= logBound(record)) throw new HubError("conversation_locked")
}
