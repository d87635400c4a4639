/**
 * One socket's life as an end user: who it is and which room it is in. What it asks for runs one after another, so sends
 * are stored in the order in which they were sent; parking, expiry and revocation take effect at once, whatever runs.
 */
import type { App } from "../../app/app.ts"
import { resolveUser } from "../../app/merge-users.ts"
import { type Snapshot, snapshot } from "../../app/snapshot.ts"
import { eventsAfter } from "../../app/user-feed.ts"
import { SerialQueue } from "../../lib/serial-queue.ts"
import { HubError } from "../../protocol/errors.ts"
import type { FeedEvent } from "../../protocol/events.ts"
import type { Outcome, ReadyReason, State } from "../../protocol/handshake.ts"
import { watchExpiry } from "../auth/expiry.ts"
import { demandActive, type Identity, isActive, isProven } from "../auth/socket-identity.ts"
import type { Member, Room } from "../delivery/user-rooms.ts"
import { waitForOffset } from "../delivery/wait-for-offset.ts"
import type { SessionDeps } from "./session-deps.ts"
import { type Device, stateOf } from "./session-state.ts"
import type { Transport } from "./transport.ts"

export class Session implements Member {
  readonly app: App
  readonly device: Device
  readonly deps: SessionDeps<Session>
  readonly transport: Transport
  held: FeedEvent[] | undefined
  /** When its identity began, Unix milliseconds. */
  since: number
  #identity: Identity
  #room: Room | undefined
  #cancelTimer: () => void = () => undefined
  #closed = false
  /** What the device was told last of the agents; devices take for granted that there are none. */
  #agentsOnline = false
  /** While a login is on its way, what the feed says of it waits: a success makes it no news, a failure makes it true. */
  #deferred: (() => void)[] | undefined
  readonly #turns = new SerialQueue()

  constructor(
    app: App,
    device: Device,
    identity: Identity,
    deps: SessionDeps<Session>,
    transport: Transport,
  ) {
    this.app = app
    this.device = device
    this.#identity = identity
    this.deps = deps
    this.since = deps.clock.now()
    this.transport = transport
  }

  get identity(): Identity {
    return this.#identity
  }

  get closed(): boolean {
    return this.#closed
  }

  get proven(): boolean {
    return this.#identity.kind === "identified"
  }

  /** Commands and moves of this socket, one after another. */
  run<T>(task: () => Promise<T>): Promise<T> {
    return this.#turns.run(task)
  }

  /** Becomes somebody else for the hub; the clock of a token begins. */
  setIdentity(identity: Identity): void {
    this.since = this.deps.clock.now()
    this.#cancelTimer()
    this.#identity = identity
    this.#cancelTimer = identity.kind === "identified" ? this.#watch(identity.expiresAt) : () => undefined
  }

  #watch(expiresAt: number): () => void {
    return watchExpiry(this.deps.clock, expiresAt, {
      soon: () => this.transport.signal("auth:expiring", { expiresAt }),
      over: () => this.expire(),
    })
  }

  async becomeAnonymous(userId: string): Promise<void> {
    const sessionToken = await this.deps.sessionToken(this.app.id, userId)
    this.setIdentity({ kind: "anonymous", userId, sessionToken })
  }

  /** @throws what the change throws; then the session is what it was, or what the feed made of it meanwhile */
  async changing<T>(change: () => Promise<T>): Promise<T> {
    this.#deferred = []
    try {
      const result = await change()
      this.#deferred = undefined
      return result
    } catch (error) {
      const deferred = this.#deferred ?? []
      this.#deferred = undefined
      for (const happened of deferred) happened()
      throw error
    }
  }

  /** Follow, then read [P2]: from here on events are held, so nothing is missed or told twice at the seam. */
  async enter(userId: string, cursor?: string): Promise<Snapshot> {
    const partition = this.app.homePartition(userId)
    if (!partition) throw new HubError("session_invalid")
    const room = this.#room?.userId === userId ? this.#room : undefined
    if (!room) this.leaveRoom()
    this.#silence()
    try {
      this.#room = room ?? (await this.deps.rooms.enterUser(this.app, partition, userId, this))
      if (this.#closed) this.leaveRoom()
      const told = await snapshot(this.app, partition, userId, cursor)
      this.#demandStill(told)
      return told
    } catch (error) {
      // Where the room was its own before, everything that came since is at hand and goes on.
      if (room) this.release(0)
      else this.leaveRoom()
      throw error
    }
  }

  /** It hears nothing more until it has entered again. */
  #silence(): void {
    this.transport.joinRoom(undefined)
    this.held = []
  }

  /**
   * [P4] Time has passed: nobody is told what is not theirs any more, no visitor what is a proven person's by now, and
   * nobody is proven whose record does not say so.
   */
  #demandStill({ situation }: Snapshot): void {
    if (situation.user.authenticated) this.park()
    else this.expire()
    demandActive(this.#identity)
  }

  /**
   * What came after a cursor, read beside the feed that goes on: answered when it was told live too, so the device's
   * stream of events has no hole and no repeat, whatever it does with the answer [P2]. `undefined`: only a full state helps.
   *
   * @throws HubError `unavailable` if the node does not hear what is stored
   */
  async eventsMissed(cursor: string) {
    const room = this.#room
    const missed = room && (await eventsAfter(this.app, room.partition, room.userId, cursor))
    if (missed && room.deliveredOffset < missed.offset)
      await waitForOffset(room, missed.offset, this.deps.clock)
    demandActive(this.#identity)
    return missed
  }

  /** Then release: after `ready` or the acknowledgement went out, what was held follows, then everything as it comes. */
  release(offset: number): void {
    const held = this.held ?? []
    const room = this.#room
    // The state was ahead of the room: what the room is still about to tell is in it already [P2].
    if (room && !this.#closed && room.deliveredOffset < offset) {
      this.held = held
      room.whenDelivered(offset, () => {
        if (this.#room === room && this.held === held) this.release(offset)
      })
      return
    }
    this.held = undefined
    if (!room || this.#closed) return
    this.transport.joinRoom({ room: room.name, userId: room.userId })
    for (const event of held) if (event.offset > offset) this.transport.event(event)
    // It may have begun anew, and forgotten what it was told.
    if (this.deps.agentsOnline(this.app.id)) this.#agentsOnline = false
    this.sendPresence()
  }

  /** A device that stands nowhere hears of it when it stands in a room again. */
  sendPresence(): void {
    const agentsOnline = this.deps.agentsOnline(this.app.id)
    if (!this.transport.inRoom || agentsOnline === this.#agentsOnline) return
    this.#agentsOnline = agentsOnline
    this.transport.signal("presence", { agentsOnline })
  }

  /** How far this node has told the feed: a device that knows less has missed something. */
  sendHead(): void {
    const offset = this.#room?.deliveredOffset
    // Between rooms, and while a state is read, there is nothing that it could be compared with.
    if (offset === undefined || !Number.isFinite(offset) || this.held || !this.transport.inRoom) return
    this.transport.signal("head", { offset })
  }

  /** Tells the device everything anew, when it did not ask for it. */
  async restart(reason: ReadyReason, userId: string): Promise<void> {
    const { situation, offset } = await this.enter(userId)
    this.transport.ready(this.state(reason, situation))
    this.release(offset)
  }

  state(reason: ReadyReason, situation: Snapshot["situation"], outcome?: Outcome): State {
    return stateOf(this.#identity, this.device, reason, situation, outcome)
  }

  /** [P4] Another tab of the anonymous session has signed in; this one has proven nothing and hears nothing more. */
  park(): void {
    if (this.#identity.kind !== "anonymous") return
    this.#silence()
    if (this.#deferred) {
      this.#deferred.push(() => this.park())
      return
    }
    this.setIdentity({ kind: "parked", userId: this.#identity.userId })
    this.leaveRoom()
    this.transport.signal("auth:required", { reason: "session_moved" })
  }

  /** [4.3] The proof of a signed-in person holds for the survivor too; a visitor follows only to a visitor. */
  moveTo(into: string): void {
    this.#silence()
    if (this.#deferred) {
      this.#deferred.push(() => this.moveTo(into))
      return
    }
    const { kind } = this.#identity
    this.#later(async () => {
      if (this.#identity.kind !== kind) return
      const person = await resolveUser(this.app, into)
      if (!person || person.record.externalId !== undefined) {
        if (!isProven(this.#identity)) return this.park()
      }
      // What opens nobody must come back and find out.
      if (!person) return this.deps.cut(this)
      if (isProven(this.#identity)) this.setIdentity({ ...this.#identity, userId: person.record.id })
      else await this.becomeAnonymous(person.record.id)
      await this.restart("merge", person.record.id)
    })
  }

  /** [S10] What this device was told is no longer what the store holds, and maybe what it proved is not either. */
  reset(): void {
    this.#silence()
    this.#later(async () => {
      await this.deps.judge(this)
      if (isActive(this.#identity)) await this.restart("reset", this.#identity.userId)
    })
  }

  /** [4.4] Something may have been announced that this node did not hear: the records say what is true. */
  recheck(): void {
    if (this.#identity.kind === "identified") this.#later(() => this.deps.judge(this))
  }

  /** [4.4] Another socket of this device logged out: all of the device begins anew, as one visitor. */
  logOut(freshUserId: string): void {
    this.leaveRoom()
    this.#later(async () => {
      await this.becomeAnonymous(freshUserId)
      await this.restart("logout", freshUserId)
    })
  }

  expire(): void {
    if (this.#identity.kind !== "identified") return
    this.setIdentity({ ...this.#identity, kind: "expired" })
    this.leaveRoom()
    this.transport.signal("auth:expired", {})
  }

  revoke(reason: "key_deleted" | "logout"): void {
    if (!isProven(this.#identity) || this.#identity.kind === "revoked") return
    this.setIdentity({ ...this.#identity, kind: "revoked" })
    this.leaveRoom()
    this.transport.signal("auth:revoked", { reason })
  }

  leaveRoom(): void {
    this.transport.joinRoom(undefined)
    this.held = undefined
    const room = this.#room
    this.#room = undefined
    if (room) this.deps.rooms.leave(room, this)
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer()
    this.leaveRoom()
  }

  /** A device that cannot be told what happened to it must come back and be told then. */
  #later(task: () => Promise<void>): void {
    this.run(async () => {
      if (!this.#closed) await task()
    }).catch(() => {
      if (isActive(this.#identity)) this.deps.cut(this)
    })
  }
}
