/**
 * Checks one room: every device gets every message, once, in one order. The order of the room is the one in which its
 * messages were first seen by any device; each device must then see them in that order, and each sender's own in the
 * order in which they were sent.
 */
import { chained, EMPTY_CHAIN } from "./key.ts"
import type { Verdict } from "./verdict.ts"

interface Sender {
  /** Position in the order of the room, by the sender's own count; -1: no device saw it so far. */
  readonly position: number[]
  readonly accepted: boolean[]
  last: number
}

interface Device {
  seen: Uint8Array
  last: number
}

export class RoomCheck {
  readonly #senders: Sender[] = []
  readonly #devices: Device[] = []
  #length = 0
  #chain = EMPTY_CHAIN
  #doubled = 0
  #reordered = 0
  #leaked = 0

  constructor(devices: number) {
    for (let device = 0; device < devices; device++) {
      this.#senders.push({ position: [], accepted: [], last: -1 })
      this.#devices.push({ seen: new Uint8Array(1024), last: -1 })
    }
  }

  /** How many different messages were seen. */
  get length(): number {
    return this.#length
  }

  /** Of the order of the room, for checks that see the same messages elsewhere. */
  get chain(): number {
    return this.#chain
  }

  /** @returns the number of the message among its sender's */
  sent(sender: number): number {
    const { position } = this.#sender(sender)
    return position.push(-1) - 1
  }

  accepted(sender: number, n: number): void {
    this.#sender(sender).accepted[n] = true
  }

  received(device: number, sender: number, n: number): void {
    const from = this.#senders[sender]
    const known = from?.position[n]
    if (!from || known === undefined) {
      this.#leaked += 1
      return
    }
    let position = known
    if (position === -1) {
      position = this.#length++
      from.position[n] = position
      this.#chain = chained(this.#chain, sender, n)
      if (n < from.last) this.#reordered += 1
      from.last = Math.max(from.last, n)
    }
    this.#see(this.#device(device), position)
  }

  /** A message that belongs to another room or another run. */
  strange(): void {
    this.#leaked += 1
  }

  /** Whether nothing that was acknowledged is missing; asked until it is so, or a deadline has passed. */
  get complete(): boolean {
    return this.#lost() === 0
  }

  verdict(): Omit<Verdict, "refused"> {
    const counted = { doubled: this.#doubled, reordered: this.#reordered, leaked: this.#leaked }
    return { lost: this.#lost(), ...counted }
  }

  #lost(): number {
    let lost = 0
    for (const { position, accepted } of this.#senders) {
      for (let n = 0; n < accepted.length; n++) {
        if (accepted[n] !== true) continue
        const at = position[n] ?? -1
        for (const { seen } of this.#devices) if (at === -1 || seen[at] !== 1) lost += 1
      }
    }
    return lost
  }

  #see(device: Device, position: number): void {
    if (position >= device.seen.length) {
      const larger = new Uint8Array(2 * position)
      larger.set(device.seen)
      device.seen = larger
    }
    if (device.seen[position] === 1) this.#doubled += 1
    else if (position < device.last) this.#reordered += 1
    device.seen[position] = 1
    device.last = Math.max(device.last, position)
  }

  #sender(sender: number): Sender {
    const found = this.#senders[sender]
    if (!found) throw new Error(`There is no device ${sender}.`)
    return found
  }

  #device(device: number): Device {
    const found = this.#devices[device]
    if (!found) throw new Error(`There is no device ${device}.`)
    return found
  }
}
