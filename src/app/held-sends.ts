/**
 * [P1] A device got no answer to what it sent as a visitor, so it sends it again as the person, and only then the visitor is
 * merged into that person: a fail-over had undone the merge, or another tab was the visitor. The survivor has the message
 * already, and that one was acknowledged. The merge's commit finds that out [S4] and leaves the visitor's entry out of the
 * history.
 */
import { isDeepStrictEqual } from "node:util"
import { idName } from "../domain/change-set.ts"
import type { ConversationState } from "../domain/conversation.ts"
import type { UserData } from "../domain/discarded-user.ts"
import { parseSentAnswer, sendId } from "../domain/known-sends.ts"
import type { MessagePayload } from "../domain/log-payloads.ts"
import type { RepeatedChanges } from "../repository/partition.ts"
import type { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import { loadConversationState } from "./conversation-lookup.ts"
import type { ResolvedUser } from "./user-data.ts"

/**
 * The discarded user without what the survivor has sent as well.
 *
 * @param reads of the merge's commit: its conflict has brought what the survivor has answers to
 */
export async function withoutHeld(
  app: App,
  userData: UserData,
  survivor: ResolvedUser,
  reads: ReadSet,
): Promise<UserData> {
  const answers = reads.otherAnswers(survivor.partition)
  if (answers.size === 0) return userData
  const conversations: ConversationState[] = []
  for (const state of userData.conversations)
    conversations.push(await withoutHeldIn(app, userData.partition, state, survivor, answers))
  return { ...userData, conversations, answeredSends: new Set(answers.keys()) }
}

async function withoutHeldIn(
  app: App,
  partition: number,
  state: ConversationState,
  survivor: ResolvedUser,
  answers: ReadonlyMap<string, RepeatedChanges>,
): Promise<ConversationState> {
  const leftOut: number[] = []
  for (const { n, payload } of state.tail) {
    const id = sendId(payload, survivor.record.id)
    const answer = id && answers.get(idName(id))
    if (answer && payload.kind === "message" && (await isOther(app, survivor, answer, payload)))
      leftOut.push(n)
  }
  if (leftOut.length === 0) return state
  const record = { ...state.record, leftOut: [...(state.record.leftOut ?? []), ...leftOut] }
  return loadConversationState(app, {
    partition: app.partition(partition),
    versioned: state.versioned,
    record,
  })
}

/**
 * Whether the answer names another message that says the same, and the store still has it. A host may give one name to two
 * messages of two users: then both stay.
 */
async function isOther(
  app: App,
  survivor: ResolvedUser,
  { answer, message }: RepeatedChanges,
  { id, localId, content }: MessagePayload,
): Promise<boolean> {
  if (!message) return false
  const { log, partition } = parseSentAnswer(answer)
  const home = partition === undefined ? survivor.partition : app.partition(partition)
  const [entry] = await home.messages(log, { after: { at: message.at, n: message.n - 1 }, limit: 1 })
  const held = entry?.n === message.n && entry.payload.kind === "message" ? entry.payload : undefined
  return (
    held !== undefined &&
    held.localId === localId &&
    held.id !== id &&
    isDeepStrictEqual(held.content, content)
  )
}
