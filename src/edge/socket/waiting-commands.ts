/**
 * The commands of one socket that wait for their turn: so many, and so much memory. A body takes many times the bytes of
 * its JSON where it is made of small values.
 */
import { HubError } from "../../protocol/errors.ts"
import type { BodyWeight } from "../../protocol/untrusted.ts"

const MAX_COMMANDS = 1_000
const MAX_BYTES = 1_536 * 1024
/** In memory: a command with what answers it, and each value of a body beside its own bytes. */
const COMMAND_BYTES = 512
const VALUE_BYTES = 64

const bytesOf = ({ bytes, parts }: BodyWeight): number => COMMAND_BYTES + bytes + parts * VALUE_BYTES

export class WaitingCommands {
  #count = 0
  #bytes = 0

  /** @throws HubError `rate_limited` */
  enter(weight: BodyWeight): void {
    const bytes = bytesOf(weight)
    if (this.#count >= MAX_COMMANDS || this.#bytes + bytes > MAX_BYTES)
      throw new HubError("rate_limited", "Too many commands are waiting.", 1000)
    this.#count += 1
    this.#bytes += bytes
  }

  leave(weight: BodyWeight): void {
    this.#count -= 1
    this.#bytes -= bytesOf(weight)
  }
}
