/** What a host draws: the view, and the messages that are on their way into it. Pure. */
import type { Content, Message } from "../protocol/model.ts"
import type { ClientError } from "./errors.ts"
import type { Owner } from "./identity.ts"
import { localIdOf, type Outbox } from "./outbox.ts"
import { resolve, type View } from "./view.ts"

export interface OutgoingMessage {
  readonly localId: string
  /** Absent while the conversation that it will begin does not exist. */
  readonly conversationId?: string
  readonly content: Content
  readonly metadata?: NonNullable<Message["metadata"]>
  /** Unix milliseconds, on this device's clock. */
  readonly typedAt: number
  readonly status: "pending" | "failed"
  /** With `failed`: why. */
  readonly error?: ClientError
}

export interface ClientView extends Partial<View> {
  readonly conversations: View["conversations"]
  readonly aliases: View["aliases"]
  /** In the order in which they were typed. `discard` takes a failed one away. */
  readonly outgoing: readonly OutgoingMessage[]
}

/** @param owner who is here; drafts of anybody else are not shown */
export function pictureOf(view: View | undefined, outbox: Outbox, owner: Owner | undefined): ClientView {
  const mine = outbox.filter((entry) => !entry.owner || entry.owner.userId === owner?.userId)
  const outgoing = mine.map((entry): OutgoingMessage => {
    const { content, metadata, conversationId } = entry.body
    const goesTo = conversationId ? view && resolve(view, conversationId) : view?.conversations[0]?.id
    const target = goesTo ?? conversationId
    return {
      localId: localIdOf(entry),
      ...(target !== undefined && { conversationId: target }),
      content,
      ...(metadata && { metadata }),
      typedAt: entry.typedAt,
      status: entry.state === "failed" ? "failed" : "pending",
      ...(entry.error && { error: entry.error }),
    }
  })
  return { conversations: [], aliases: {}, ...view, outgoing }
}
