/**
 * Limits the waiting commands of one socket, by number and by memory. A body of many small values takes many times as much
 * memory as its JSON has bytes.
 */
import { HubError } from "../../protocol/errors.ts"
import type { BodyWeight } from "../../protocol/untrusted.ts"

const MAX_COMMANDS = 1_000
const MAX_BYTES = 1_536 * 1024
/** Memory of a waiting command, and of each value in its body in addition to its bytes. */
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
