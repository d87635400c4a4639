/** Notes when this device was connected, for its user's `lastSeenAt`. Only for users with a feed: others have no record. */
import type { App } from "../../app/app.ts"
import type { LastSeen } from "../../app/last-seen.ts"
import type { Device } from "../../domain/device.ts"
import { lately } from "../../lib/lately.ts"
import type { Millis } from "../../protocol/branded.ts"
import type { Room } from "../delivery/user-rooms.ts"

/** While a device writes, it is noted again after this time. */
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

  /** The device is about to write. A first message, which begins the user's feed, notes the device itself. */
  writes(room: Room | undefined, now: Millis): void {
    if (!room || lately(this.#countedAt, now, WRITES_COUNT_EVERY_MS)) return
    this.#countedAt = now
    this.#here(room)
  }

  /** The device does not belong to the user any more. */
  left(room: Room | undefined): void {
    if (room && hasFeed(room)) this.#lastSeen.left(this.#app, room.userId, this.#device)
  }

  #here(room: Room): void {
    if (hasFeed(room)) this.#lastSeen.here(this.#app, room.userId, this.#device)
  }
}

/** Whether the user has a feed. Not while a lost tail is being handled: the record may be lost, too. */
const hasFeed = ({ deliveredOffset: offset }: Room): boolean => offset > 0 && Number.isFinite(offset)
