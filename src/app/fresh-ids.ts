/** Ids for what a message may have to create. */
import type { FreshIds } from "../domain/message.ts"
import { newId } from "../lib/ids.ts"
import type { ConversationId, TicketId } from "../protocol/branded.ts"

export const freshIds = (partition: number): FreshIds => new IdsOnDemand(partition)

/** Each id is made when it is first read: an ordinary message needs none. */
class IdsOnDemand implements FreshIds {
  readonly #partition: number
  #conversationId: ConversationId | undefined
  #ticketId: TicketId | undefined
  #formId: string | undefined

  constructor(partition: number) {
    this.#partition = partition
  }

  get conversationId(): ConversationId {
    this.#conversationId ??= newId("con", this.#partition)
    return this.#conversationId
  }

  get ticketId(): TicketId {
    this.#ticketId ??= newId("tkt", this.#partition)
    return this.#ticketId
  }

  get formId(): string {
    this.#formId ??= newId("msg", this.#partition)
    return this.#formId
  }
}
