/** When this device was there, for its user. Who has a feed has a record, and with it goes when their devices were there. */
import type { App } from "../../app/app.ts"
import type { LastSeen } from "../../app/last-seen.ts"
import type { Room } from "../delivery/user-rooms.ts"
import type { Device } from "./session-state.ts"

export class Attendance {
  readonly #app: App
  readonly #device: Device
  readonly #lastSeen: LastSeen
  #cameTo: Room | undefined

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

  /** The device is not the user's any more. */
  left(room: Room | undefined): void {
    if (room && hasFeed(room)) this.#lastSeen.gone(this.#app, room.userId, this.#device)
  }

  #here(room: Room): void {
    if (hasFeed(room)) this.#lastSeen.here(this.#app, room.userId, this.#device)
  }
}

/** Where the store lost a feed, its record may be lost too. */
const hasFeed = ({ deliveredOffset: offset }: Room): boolean => offset > 0 && Number.isFinite(offset)
