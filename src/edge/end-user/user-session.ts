/**
 * The session of one end user's socket: its identity and its room. Its commands run one after another, but sends overlap,
 * because the store keeps their order. Parking, expiry and revocation take effect at once, also during a command.
 */
import type { App } from "../../app/app.ts"
import { resolveUser } from "../../app/merge-users.ts"
import type { HandedOver } from "../../app/send-message.ts"
import { type Beginning, type Snapshot, snapshot } from "../../app/snapshot.ts"
import type { Device } from "../../domain/device.ts"
import { isConsumed, isRevoked, lastLogout } from "../../domain/identity.ts"
import { SerialQueue } from "../../lib/serial-queue.ts"
import type { Seconds, UserId } from "../../protocol/branded.ts"
import { HubError } from "../../protocol/errors.ts"
import type { FeedEvent } from "../../protocol/events.ts"
import type { Outcome, ReadyReason, State } from "../../protocol/handshake.ts"
import { NOT_WATCHED, watchExpiry } from "../auth/expiry.ts"
import { newSession } from "../auth/session-token.ts"
import { demandActive, isActive, isProven, type SocketIdentity } from "../auth/socket-identity.ts"
import { heldAfter, type Room, type RoomMember } from "../delivery/user-rooms.ts"
import { DeviceActivity } from "./device-activity.ts"
import { judgeRecord } from "./judge-record.ts"
import { OwnTasks } from "./own-tasks.ts"
import type { SessionDeps } from "./session-deps.ts"
import { stateOf } from "./session-state.ts"
import type { Transport } from "./transport.ts"

export class Session implements RoomMember {
  readonly app: App
  readonly device: Device
  readonly deps: SessionDeps<Session>
  readonly transport: Transport
  held: FeedEvent[] | undefined
  #identity: SocketIdentity
  #room: Room | undefined
  #cancelTimer = NOT_WATCHED
  closed = false
  /** Whether agents are online, as last sent to the device; devices begin with `false`. */
  #agentsOnline = false
  /** Identity changes from the feed during a login or logout: outdated after a success, applied after a failure. */
  #deferred: (() => void)[] | undefined
  readonly activity: DeviceActivity
  #turns: SerialQueue<HandedOver> | undefined
  readonly own = new OwnTasks((task) => this.#queue(task))

  constructor(
    app: App,
    device: Device,
    identity: SocketIdentity,
    deps: SessionDeps<Session>,
    transport: Transport,
  ) {
    this.app = app
    this.device = device
    this.#identity = identity
    this.deps = deps
    this.transport = transport
    this.activity = new DeviceActivity(app, device, deps.lastSeen)
  }

  get identity(): SocketIdentity {
    return this.#identity
  }

  get room(): Room | undefined {
    return this.#room
  }

  get proven(): boolean {
    return this.#identity.kind === "identified"
  }

  /** Runs commands and moves to other rooms, one after another. */
  get turns(): SerialQueue<HandedOver> {
    this.#turns ??= new SerialQueue()
    return this.#turns
  }

  setIdentity(identity: SocketIdentity): void {
    this.#cancelTimer()
    this.#identity = identity
    this.#cancelTimer = identity.kind === "identified" ? this.#watch(identity.expiresAt) : NOT_WATCHED
  }

  #watch(expiresAt: number): () => void {
    const soon = () => this.transport.signal("auth:expiring", { expiresAt })
    return watchExpiry(this.deps.clock, expiresAt, { soon, over: () => this.expire() })
  }

  becomeAnonymous(userId: UserId): void {
    this.setIdentity({ kind: "anonymous", ...newSession(userId, this.deps.clock.now()) })
  }

  /** @throws what the change throws; the identity is then the former one, or what the feed has made of it meanwhile */
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

  /** Follow, then read [P2]: from here on events are held, so none is missed or sent twice between state and feed. */
  async enter(userId: UserId, beginning: Beginning = {}): Promise<Snapshot> {
    const partition = this.app.homePartition(userId)
    if (!partition) throw new HubError("session_invalid")
    const room = this.#room?.userId === userId ? this.#room : undefined
    if (!room) this.leaveRoom()
    this.#silence()
    try {
      const read = await this.deps.readAdmission.read(this, { userId, ...beginning }, async () => {
        this.#room = room ?? (await this.deps.rooms.enterUser(this.app, partition, userId, this, beginning))
        if (this.closed) this.leaveRoom()
        return snapshot(this.app, partition, userId, { ...beginning, room: this.#room })
      })
      judgeRecord(this, read.record)
      this.demandActive()
      return read
    } catch (error) {
      // A socket that was in this room before has held everything that came since: it is sent now.
      if (room) this.release()
      else this.leaveRoom()
      throw error
    }
  }

  /** No further events until it has entered a room again. */
  #silence(): void {
    this.transport.joinRoom(undefined)
    this.held = []
    this.own.drop()
  }

  /** Asks the clock too: the expiry timer may be late. @throws HubError `token_expired`, `token_revoked`, `session_consumed` */
  demandActive(): void {
    this.checkClock()
    demandActive(this.#identity)
  }

  checkClock(): void {
    if (this.#identity.kind === "identified" && this.#identity.expiresAt <= this.deps.clock.now())
      this.expire()
  }

  /** Release [P2]: after `ready` or the acknowledgement the held events are sent, and then all others as they come. */
  release(offset?: number): void {
    if (this.own.defers(() => this.release(offset))) return
    const held = this.held ?? []
    const room = this.#room
    // The state is ahead of the room: it holds events that the room has yet to deliver, which must not be sent again
    // [P2].
    if (room && !this.closed && offset !== undefined && room.deliveredOffset < offset) {
      this.held = held
      room.whenDelivered(offset, () => {
        if (this.#room === room && this.held === held) this.release(offset)
      })
      return
    }
    this.held = undefined
    const events = offset === undefined ? held : heldAfter(offset, held)
    if (!events) this.reset()
    if (!room || !events || this.closed) return
    const expiresAt = this.#identity.kind === "identified" ? this.#identity.expiresAt : undefined
    this.transport.joinRoom({ name: room.name, userId: room.userId, expiresAt })
    for (const event of events) this.transport.event(event)
    this.activity.came(room)
    // A device that begins anew does not know that agents are online.
    if (this.deps.agentsOnline(this.app.id)) this.#agentsOnline = false
    this.sendPresence()
  }

  /** Tells the device whether agents are online, if that has changed. Between rooms it is told at the next release. */
  sendPresence(): void {
    const agentsOnline = this.deps.agentsOnline(this.app.id)
    if (!this.transport.inRoom || agentsOnline === this.#agentsOnline) return
    this.#agentsOnline = agentsOnline
    this.transport.signal("presence", { agentsOnline })
  }

  /** Sends the device a full state that it did not ask for. */
  async restart(reason: ReadyReason, userId: UserId): Promise<void> {
    const { situation, offset } = await this.enter(userId)
    this.transport.ready(this.state(reason, situation))
    this.release(offset)
  }

  state(reason: ReadyReason, situation: Snapshot["situation"], outcome?: Outcome): State {
    const parts = { device: this.device, reason, situation, outcome }
    return stateOf(this.#identity, parts, (session) => this.deps.sessionToken(this.app.id, session))
  }

  /** [P4] Another tab of the anonymous session has signed in; this one has proven nothing and gets no further events. */
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

  /** [4.3] A signed-in user's proof counts for the survivor too; a visitor's session follows only to a visitor. */
  moveTo(into: UserId): void {
    this.#silence()
    if (this.#deferred) {
      this.#deferred.push(() => this.moveTo(into))
      return
    }
    const { kind } = this.#identity
    this.own.restart(async () => {
      if (this.#identity.kind !== kind) return
      const resolved = await resolveUser(this.app, into)
      if (!resolved || isConsumed(resolved.record)) {
        if (!isProven(this.#identity)) return this.park()
      }
      // The survivor is not found: the device must reconnect, and the handshake tells it why.
      if (!resolved) return this.deps.cut(this)
      const { id } = resolved.record
      if (isProven(this.#identity))
        this.setIdentity({ ...this.#identity, userId: id, logoutNo: lastLogout(resolved.record) })
      else this.becomeAnonymous(id)
      await this.restart("merge", id)
    })
  }

  /** [S10] The store lost events that this device has got, and maybe the record of what it proved. */
  reset(): void {
    this.#silence()
    this.own.restart(async () => {
      await this.deps.judge(this)
      if (isActive(this.#identity)) await this.restart("reset", this.#identity.userId)
    })
  }

  /** [4.4] This node may have missed announcements, so the records are read. */
  recheck(): void {
    if (this.#identity.kind === "identified") this.own.later(() => this.deps.judge(this))
  }

  expire(): void {
    if (this.#identity.kind !== "identified") return
    this.activity.went(this.#room)
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

  revokeBefore(tokensAfter: Seconds, by: string): void {
    if (this.transport.id === by || !isProven(this.#identity)) return
    if (isRevoked({ tokensAfter }, this.#identity.issuedAt)) this.revoke("logout")
  }

  leaveRoom(): void {
    this.deps.typing.left(this.transport.id)
    this.transport.joinRoom(undefined)
    this.held = undefined
    const room = this.#room
    this.#room = undefined
    if (room) this.deps.rooms.leave(room, this)
  }

  /** The device is not its user's any more: it logs out, or signs in as another. */
  leaveUser(): void {
    this.activity.left(this.#room)
    this.leaveRoom()
  }

  close(): void {
    this.closed = true
    this.#cancelTimer()
    this.activity.went(this.#room)
    this.leaveRoom()
  }

  /** Queues a change behind the commands. If it fails, the device is disconnected, and learns of it when it comes back. */
  #queue(task: () => Promise<void>): void {
    this.turns
      .run(async () => {
        if (!this.closed) await task()
      })
      .catch(() => {
        if (isActive(this.#identity)) this.deps.cut(this)
      })
  }
}
