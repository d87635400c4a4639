/** When this device was there, for its user. Who has a feed has a record, and with it goes when their devices were there. */
import type { App } from "../../app/app.ts"
import type { LastSeen } from "../../app/last-seen.ts"
import type { Millis } from "../../protocol/branded.ts"
import type { Room } from "../delivery/user-rooms.ts"
import type { Device } from "./session-state.ts"

/** A device that writes is counted again after so long. */
const WRITES_COUNT_EVERY_MS = 30_000

export class DeviceActivity {
  readonly #app: App
  readonly #device: Device
  readonly #lastSeen: LastSeen
  #cameTo: Room | undefined
  #countedAt = Number.NEGATIVE_INFINITY

  constructor(app: App, device: Device, lastSeen: LastSeen) {
    this.#app = app
    this.#device = device
    this.#lastSeen = lastSeen
  }

  came(room: Room): void {
    if (this.#cameTo === room) return
    this.#cameTo = room
    this.#here(room)
  }

  went(room: Room | undefined): void {
    if (room) this.#here(room)
  }

  /** The device is about to write. Where the user has no feed yet, the message that begins it says so itself. */
  writes(room: Room | undefined, now: Millis): void {
    if (!room || now - this.#countedAt < WRITES_COUNT_EVERY_MS) return
    this.#countedAt = now
    this.#here(room)
  }

  /** The device is not the user's any more. */
  left(room: Room | undefined): void {
    if (room && hasFeed(room)) this.#lastSeen.left(this.#app, room.userId, this.#device)
  }

  #here(room: Room): void {
    if (hasFeed(room)) this.#lastSeen.here(this.#app, room.userId, this.#device)
  }
}

/** Where the store lost a feed, its record may be lost too. */
const hasFeed = ({ deliveredOffset: offset }: Room): boolean => offset > 0 && Number.isFinite(offset)
