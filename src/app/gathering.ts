/** Messages of one log on their way into a page. */
import type { Address } from "../domain/position.ts"
import type { Message } from "../protocol/model.ts"
import { FRAME_BYTES } from "./frame-budget.ts"

export interface Part {
  readonly messages: Message[]
  /** Where the reading stopped though there may be more that belongs to the page. */
  readonly rest?: Address | undefined
  /** The message at which more was found than a frame holds: nothing beyond it belongs to the page. */
  readonly full?: string | undefined
}

/** Messages one after another, until they are as many as were asked for, or more than a frame holds. */
export class Gathering {
  readonly messages: Message[] = []
  readonly #count: number
  readonly #bound: number
  #bytes = 0

  constructor(count: number, bound = FRAME_BYTES) {
    this.#count = count
    this.#bound = bound
  }

  /** @returns whether there are enough */
  add(message: Message, bytes: number): boolean {
    this.messages.push(message)
    this.#bytes += bytes
    return this.messages.length >= this.#count || this.#bytes > this.#bound
  }

  part(enough = false): Part {
    const { messages } = this
    return { messages, full: enough && messages.length < this.#count ? messages.at(-1)?.position : undefined }
  }
}
