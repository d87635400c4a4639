/** Collects messages of one log for a page. */
import type { Address } from "../domain/position.ts"
import type { Message } from "../protocol/model.ts"
import { FRAME_BYTES } from "./frame-budget.ts"

export interface Part {
  readonly messages: Message[]
  /** Of the messages, as stored. */
  readonly bytes: number
  /** Set where reading stopped although there may be more that belongs on the page: the entry to go on from. */
  readonly rest?: Address | undefined
  /**
   * Set where the messages fill a frame: the position of the last one that was read. Nothing beyond it belongs on the
   * page.
   */
  readonly full?: string | undefined
}

/** Collects messages until there are as many as were asked for, or more bytes than the bound. */
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
    return {
      messages,
      bytes: this.#bytes,
      full: enough && messages.length < this.#count ? messages.at(-1)?.position : undefined,
    }
  }
}
