/** Stores a message: once, also if it was sent before under another id of the user, and at the survivor of a merge. */
import type { Append, ChangeSet, Put } from "../domain/change-set.ts"
import {
  CONVERSATION_MESSAGES,
  conversationView,
  foldedMessages,
  messageView,
} from "../domain/conversation.ts"
import { deviceUsed } from "../domain/device.ts"
import { userEvent } from "../domain/event.ts"
import { parseSentAnswer, sentAnswer } from "../domain/known-sends.ts"
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
import { isAuthenticated, mergedIdsOf, userUpdateEvents } from "../domain/user.ts"
import { newId } from "../lib/ids.ts"
import { HubError } from "../protocol/errors.ts"
import type { Content, Conversation, Message } from "../protocol/model.ts"
import type { Partition, Repeated } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import { AGAIN, type Decision, transact } from "../repository/transact.ts"
import type { Actor, Writer } from "./actor.ts"
import type { App } from "./app.ts"
import { loadConversationState } from "./conversation-lookup.ts"
import { freshIds } from "./fresh-ids.ts"
import { unlessOvertaken } from "./if-head.ts"
import { settleConversation } from "./merge-users.ts"
import { movesBadges, tellBadges } from "./tell-badges.ts"

export interface SendCommand {
  readonly localId: string
  readonly conversationId?: string | undefined
  readonly content: Content
  readonly metadata?: Record<string, string | number | boolean> | undefined
  readonly ifHead?: string | undefined
  readonly internal?: boolean | undefined
}

export interface Sent {
  readonly message: Message
  readonly duplicate: boolean
}

/** @throws HubError `not_found`, `conflict`, `conversation_locked`, `session_consumed` */
export function sendMessage(app: App, actor: Actor, command: SendCommand, now: number): Promise<Sent> {
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
  const decideOn = async (reads: ReadSet, tries: number): Promise<Decision<Sent>> => {
    const writer = await actor.load(reads, command.conversationId)
    const first = maybeSentBefore(writer.record, command)
      ? await firstAnswer(app, writer.record, actor.device, command)
      : undefined
    if (first) return { answer: await duplicate(app, first) }

    const target = await targetOf(app, actor, writer, command, now, reads)
    if (!target) return AGAIN
    refuseIfFull(target, reads)
    const changeSet = await decide(app, actor, writer, target, sending, command, now, tries <= EXACT_TRIES)
    return {
      partition: target.partition,
      changeSet: {
        id: idempotencyKey(writer.id, actor.device, command.localId),
        answer: sentAnswer(target.record.log),
        ...changeSet,
      },
      committed({ message: stored }) {
        if (!stored) throw new Error("A send begins with its message.")
        if (movesBadges(target.user, (target.user.activeTickets ?? 0) + 1)) tellBadges(app, target.user.id)
        const message = messageView(payloadOf(sending), target.record.log, stored, target.record.id)
        return { message, duplicate: false }
      },
      repeated: (repeated) => duplicate(app, { partition: target.partition, repeated }),
    }
  }
  // A plain message expects every record it reads, so it may begin with the records this node saw last.
  return transact(app, "message:send", decideOn, new ReadSet(true))
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

/** The rules decide; what else they need – the head of a log – is read here. */
async function decide(
  app: App,
  actor: Actor,
  writer: Writer,
  target: Target,
  sending: NewMessage,
  command: SendCommand,
  now: number,
  exact: boolean,
): Promise<ChangeSet> {
  const { record, created, fresh } = target
  const effects = effectsOf(record, target.user, sending, fresh, now)
  const reopens = !created && conversationStatus(record.ticket) !== conversationStatus(effects.after)
  const reopened = reopens ? await reopening(app, target, effects) : undefined
  const messages = created?.form ? [sending, formMessage(fresh, created.form)] : [sending]
  const changeSet = sendChangeSet(
    target.expect,
    effects,
    messages,
    [
      ...(created ? conversationCreateEvents(record, created.view) : []),
      ...(effects.profile ? userUpdateEvents(effects.user, "profile") : []),
      ...(reopened?.append ?? []),
      ...ticketEvents(effects),
    ],
    [...changedRecords(writer, target, effects)],
  )
  const ahead = command.ifHead === undefined ? [] : await unlessOvertaken(app, actor, target, command.ifHead)
  return {
    ...changeSet,
    heads: [...ahead, ...(exact ? (reopened?.heads ?? []) : []), ...(changeSet.heads ?? [])],
    // Later messages of a device are counted by `last-seen.ts`, with its coming and going.
    rank: [
      ...(changeSet.rank ?? []),
      ...(created && actor.side === "user" ? deviceUsed(writer.id, actor.source) : []),
    ],
  }
}

function changedRecords(writer: Writer, target: Target, effects: Effects): Put[] {
  const { record, user, before, after } = effects
  const userChanged = target.created || effects.more !== 0 || effects.profile
  const recordChanged = target.created || after !== before || record.form !== target.record.form
  return [
    ...(userChanged ? [{ kind: "user", id: writer.id, value: user } as const] : []),
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
async function reopening(app: App, { partition, record, expect }: Target, effects: Effects) {
  const versioned = expect.find(({ kind }) => kind === "conversation")
  if (!versioned) return undefined
  const place = {
    partition,
    versioned: { ...versioned, kind: "conversation", value: record } as const,
    record,
  }
  const state = await loadConversationState(app, place)
  const conversation = conversationView(effects.record, state.reading, "user", state.last.user)
  return {
    heads: [{ log: record.log, n: state.head?.n ?? 0 }],
    append: [userEvent(record.userId, { type: "conversation:update", data: { conversation } })],
  }
}

/** [3.2] The most recently active conversation; in single mode there is but one. */
async function latestConversation(app: App, actor: Actor, writer: Writer): Promise<string | undefined> {
  if (actor.side === "business") throw new HubError("not_found")
  const known: UserRecord = writer.record
  if (known.defaultConversation === undefined || app.settings.conversationMode === "single")
    return known.defaultConversation
  const [latest] = await writer.partition.rank("conversations", writer.id, { limit: 1 })
  return latest?.member ?? known.defaultConversation
}

/**
 * For the present id alone no look-up is needed, because the commit checks it – unless `ifHead` would refuse the repeat
 * before the commit.
 */
const maybeSentBefore = (user: UserRecord, { ifHead }: SendCommand): boolean =>
  ifHead !== undefined || mergedIdsOf(user, "send").length > 0

/** [3.2] The first answer under any id the user had in the last days; the earliest counts. */
async function firstAnswer(app: App, user: UserRecord, device: string, { localId }: SendCommand) {
  const names = [user.id, ...mergedIdsOf(user, "send")]
  const found = await Promise.all(
    app.partitions.map(async (partition) => {
      const here = names.filter((name) => app.homePartition(name) === partition)
      const known = await partition.findResults(here.map((name) => idempotencyKey(name, device, localId)))
      return known.map((repeated) => ({ partition, repeated }))
    }),
  )
  return found.flat().sort((a, b) => timeOf(a.repeated) - timeOf(b.repeated))[0]
}

const timeOf = ({ message }: Repeated): number => message?.at ?? 0

async function duplicate(
  app: App,
  { partition, repeated }: { partition: Partition; repeated: Repeated },
): Promise<Sent> {
  const { message } = repeated
  const { log, partition: elsewhere } = parseSentAnswer(repeated.answer)
  const home = elsewhere === undefined ? partition : app.partition(elsewhere)
  const [entry] = message
    ? await home.messages(log, { after: { at: message.at, n: message.n - 1 }, limit: 1 })
    : []
  const [original] = log.split(".")
  const place = await settleConversation(app, original ?? log)
  if (!entry || entry.n !== message?.n || entry.payload.kind !== "message" || !place)
    throw new HubError("internal", "The store knows this message was sent, but does not have it.")
  return { message: messageView(entry.payload, log, entry, place.record.id), duplicate: true }
}

/** After a conflict, which brought the head along; a repeat conflicts with nothing, and is answered. */
function refuseIfFull({ partition, record }: Target, reads: ReadSet): void {
  const head = reads.knownHead(partition, record.log)
  if ((head?.n ?? 0) >= CONVERSATION_MESSAGES - foldedMessages(record))
    throw new HubError("conversation_locked")
}
