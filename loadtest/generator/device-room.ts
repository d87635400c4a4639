/** The devices of one room: they send, they see, and everything they see is checked. */

import type { RoomRow } from "../check/console-check.ts"
import { type Key, readKey, textOf } from "../check/key.ts"
import { RoomCheck } from "../check/room-check.ts"
import type { Verdict } from "../check/verdict.ts"
import type { Dialect } from "../dialects/dialect.ts"
import { Client } from "../wire/namespace-socket.ts"
import { addressOf, endpointOf } from "./connect-many.ts"
import type { Address } from "./job.ts"
import type { Meter } from "./meter.ts"

export interface RoomParts {
  readonly address: Address
  readonly dialect: Dialect
  readonly meter: Meter
  readonly run: string
  readonly room: number
  readonly devices: number
  readonly senders: number
  readonly window: number
  readonly characters: number
}

export class Room {
  readonly #parts: RoomParts
  readonly #check: RoomCheck
  readonly #accepted: Buffer
  readonly #delivery: Buffer
  readonly #clients: Client[] = []
  /** By sender and message: when it was sent, or should have been. */
  readonly #sentAt: number[][] = []
  readonly #key: Key = { run: "", room: 0, sender: 0, n: 0 }
  #waiting = 0
  #turn = 0
  #looping = false
  #refused = 0

  private constructor(parts: RoomParts) {
    this.#parts = parts
    this.#check = new RoomCheck(parts.devices)
    this.#accepted = Buffer.from(parts.dialect.accepted)
    this.#delivery = Buffer.from(parts.dialect.delivery)
  }

  static async open(parts: RoomParts): Promise<Room> {
    const room = new Room(parts)
    // One after the other, as a person turns on devices; many rooms do so at once.
    for (let device = 0; device < parts.devices; device++) await room.#join(device)
    return room
  }

  /** Everybody writes, as soon as the former message was acknowledged. */
  loop(): void {
    this.#looping = true
    const { senders, window } = this.#parts
    for (let sender = 0; sender < senders; sender++)
      for (let count = 0; count < window; count++) this.#send(sender, performance.now())
  }

  /** One message more, of the writer whose turn it is. */
  sendNext(intended: number): void {
    this.#send(this.#turn++ % this.#parts.senders, intended)
  }

  halt(): void {
    this.#looping = false
  }

  close(): void {
    for (const client of this.#clients) client.destroy()
  }

  /** Everything sent was answered, and everything acknowledged was delivered. */
  get settled(): boolean {
    return this.#waiting === 0 && this.#check.complete
  }

  verdict(): Verdict {
    return { ...this.#check.verdict(), refused: this.#refused + this.#waiting }
  }

  row(): RoomRow {
    return { room: this.#parts.room, length: this.#check.length, chain: this.#check.chain }
  }

  async #join(device: number): Promise<void> {
    const { address, dialect, room } = this.#parts
    const endpoint = endpointOf(address.endpoints, room, device)
    this.#sentAt[device] = []
    const [client] = await Client.open(
      {
        endpoint,
        namespace: dialect.namespace,
        auth: dialect.device(room, device),
        from: addressOf(endpoint, room),
      },
      dialect.ready,
      {
        event: (bytes, from, to) => this.#see(device, bytes, from, to),
        answer: (id, bytes, from, to) => this.#answered(device, id, bytes, from, to),
        closed: () => {
          this.#refused += 1
        },
      },
    )
    this.#clients[device] = client
  }

  #send(sender: number, intended: number): void {
    const { dialect, run, room, characters } = this.#parts
    const n = this.#check.sent(sender)
    this.#sentAt[sender]?.push(intended)
    this.#waiting += 1
    const text = textOf({ run, room, sender, n }, characters)
    this.#clients[sender]?.send(n, dialect.send(`${run}-${n}`, text))
  }

  #answered(sender: number, n: number, bytes: Buffer, from: number, to: number): void {
    this.#waiting -= 1
    if (
      bytes.compare(
        this.#accepted,
        0,
        this.#accepted.length,
        from,
        Math.min(to, from + this.#accepted.length),
      ) === 0
    ) {
      this.#check.accepted(sender, n)
      this.#parts.meter.accepted(performance.now() - (this.#sentAt[sender]?.[n] ?? 0))
    } else {
      this.#refused += 1
    }
    if (this.#looping) this.#send(sender, performance.now())
  }

  #see(device: number, bytes: Buffer, from: number, to: number): void {
    const key = this.#key
    if (!readKey(bytes, from, to, this.#delivery, key)) return
    const { run, room, meter } = this.#parts
    if (key.run !== run || key.room !== room) {
      this.#check.strange()
      return
    }
    this.#check.received(device, key.sender, key.n)
    meter.delivered(performance.now() - (this.#sentAt[key.sender]?.[key.n] ?? 0))
  }
}
