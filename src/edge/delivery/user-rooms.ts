/**
 * Chapter 5: the edge. Every device of a user joins the room of that user; a node follows the feed of each user it has
 * sockets for and sends every entry to the room. Correctness depends on the feed alone: a node that missed an
 * announcement catches up by reading, and moves or parks its sockets by the events of the feed.
 */
import type { App } from "../../app/app.ts"
import { checkRecentSoon } from "../../app/check-recent.ts"
import { rememberMerge } from "../../app/merge-users.ts"
import type { Beginning } from "../../app/snapshot.ts"
import { eventNow, eventOf } from "../../app/user-feed.ts"
import { SmallSet } from "../../lib/small-set.ts"
import type { Seconds, UserId } from "../../protocol/branded.ts"
import type { FeedEvent } from "../../protocol/events.ts"
import type { FeedEntry } from "../../repository/log-entries.ts"
import type { Partition } from "../../repository/partition.ts"
import type { Following, Head } from "../../store/contract.ts"
import { type SharedFeed, SharedFeeds } from "./shared-feeds.ts"

/** A session, as a member of a room. Its methods return at once; the session queues what takes time. */
export interface RoomMember {
  /** A token proved the room's user on this very socket. */
  readonly proven: boolean
  /** Events that came while the member's state is read; `undefined` once they were released. */
  held: FeedEvent[] | undefined
  /** The room's user is a proven person now, which this socket has not proven [P4]; or they have logged out. */
  park(): void
  /** The room's user was merged into another. */
  moveTo(into: UserId): void
  /** [4.4] The user logged out everywhere. @param by the socket that asked for it: it learns of it by its answer */
  revokeBefore(tokensAfter: Seconds, by: string): void
  /** The store lost events that this room has delivered: only a full state is right. */
  reset(): void
}

/**
 * The held events that come after a state. `undefined` where they do not continue it: the store lost its tail between
 * following and reading [S10], and another full state is needed.
 */
export function heldAfter(offset: number, held: readonly FeedEvent[]): readonly FeedEvent[] | undefined {
  const events = held.filter((event) => event.offset > offset)
  return events.length === 0 || events[0]?.offset === offset + 1 ? events : undefined
}

export interface RoomsParts {
  /** Emits to the local sockets that have joined the room of this name. */
  readonly broadcast: (room: string, userId: UserId, event: FeedEvent) => void
  readonly onError: (error: unknown) => void
  /** The node has its first socket of a user. */
  readonly onOpen: (appId: string, userId: UserId) => void
  /** The node has no socket of the user any more. */
  readonly onClose: (appId: string, userId: UserId) => void
}

export class Room implements SharedFeed<RoomMember> {
  readonly name: string
  readonly app: App
  readonly partition: Partition
  readonly userId: UserId
  readonly members = new SmallSet<RoomMember>()
  readonly #parts: RoomsParts
  readonly #fresh: boolean
  #waiting: FeedEntry[] | undefined
  #awaited: Set<() => void> | undefined
  #following: Following | undefined
  #rendering = false
  /** Counts losses of the store's tail: an event whose completion began before a loss is not delivered after it. */
  #age = 0
  #deliveredOffset = 0
  #head: Head

  /** @param fresh the user's id has just been made, so the feed is empty and need not be read */
  constructor(app: App, partition: Partition, userId: UserId, parts: RoomsParts, fresh: boolean) {
    this.app = app
    this.partition = partition
    this.userId = userId
    this.name = roomName(app.id, userId)
    this.#parts = parts
    this.#fresh = fresh
  }

  /** The offset up to which the feed was delivered on this node. A read of the store may be ahead of it. */
  get deliveredOffset(): number {
    return this.#deliveredOffset
  }

  /** The last entry that arrived, delivered or not: a read of the store from now on holds everything up to it. */
  get head(): Head {
    return this.#head
  }

  /** Calls back, once, when everything up to this offset was delivered. @returns a function that cancels it */
  whenDelivered(offset: number, act: () => void): () => void {
    this.#awaited ??= new Set()
    const awaited = this.#awaited
    const look = (): void => {
      if (this.#deliveredOffset >= offset && awaited.delete(look)) act()
    }
    awaited.add(look)
    look()
    return () => awaited.delete(look)
  }

  async open(): Promise<void> {
    this.#following = await this.partition.follow(this.userId, this, this.#fresh)
    const { head } = this.#following
    this.#head ??= head
    // Entries from before the node began to follow the feed are not delivered: they are in the first state.
    this.#passed(Math.max(this.#deliveredOffset, head?.n ?? 0))
  }

  close(): void {
    this.#following?.stop()
  }

  #passed(offset: number): void {
    this.#deliveredOffset = offset
    if (this.#awaited) for (const look of [...this.#awaited]) look()
  }

  /** An entry of the feed. Entries are delivered in their order, also if messages have to be read for one of them first. */
  entry(entry: FeedEntry): void {
    this.#head = addressOf(entry)
    this.#perform(entry)
  }

  #perform(entry: FeedEntry): void {
    if (this.#rendering) {
      this.#waiting ??= []
      this.#waiting.push(entry)
      return
    }
    try {
      const event = this.#meaning(entry)
      if (!event && entry.payload.kind === "import") {
        void this.#complete(entry)
        return
      }
      if (event) this.#deliver(event)
    } catch (error) {
      // [S9] A follower must not throw into the store; members that cannot get this event get the full state.
      this.#parts.onError(error)
      this.broken(entry)
    }
    this.#passed(entry.n)
  }

  broken(head: Head): void {
    this.#head = head && addressOf(head)
    this.#waiting = undefined
    this.#age += 1
    checkRecentSoon(this.app)
    for (const member of [...this.members]) member.reset()
    // Those who wait for lost entries stop waiting. What is stored from now on is yet to be delivered, and a state that
    // is read meanwhile may hold it already [P2].
    this.#passed(Number.POSITIVE_INFINITY)
    this.#deliveredOffset = head?.n ?? 0
  }

  #meaning(entry: FeedEntry): FeedEvent | undefined {
    if (entry.payload.kind === "moved") {
      const { into } = entry.payload
      for (const member of [...this.members]) member.moveTo(into)
      return undefined
    }
    if (entry.payload.kind === "ended") {
      for (const member of [...this.members]) member.park()
      return undefined
    }
    return eventNow(this.userId, entry)
  }

  async #complete(entry: FeedEntry): Promise<void> {
    this.#rendering = true
    const age = this.#age
    try {
      const event = await eventOf(this.app, this.userId, entry)
      if (age === this.#age) {
        if (event) this.#deliver(event)
        // What waits behind it is in the full state.
        else this.broken(this.#head)
      }
    } catch (error) {
      // An event that cannot be completed must not be skipped: the members get the full state instead.
      this.#parts.onError(error)
      if (age === this.#age) this.broken(this.#head)
    }
    this.#rendering = false
    if (age === this.#age) this.#passed(entry.n)
    for (let next = this.#waiting?.shift(); next; next = this.#waiting?.shift()) {
      this.#perform(next)
      if (this.#rendering) return
    }
  }

  #deliver(event: FeedEvent): void {
    // The node that merged may be gone when a loss is heard of: those with the survivor's devices look, too [P3].
    if (event.type === "user:merge") {
      const { reason, mergedUsers } = event.data
      rememberMerge(this.app, { discardedId: mergedUsers.discarded.id, survivingId: this.userId, reason })
    }
    if (provesUser(event)) {
      for (const member of [...this.members]) if (!member.proven) member.park()
    }
    let released = false
    for (const member of this.members) {
      if (member.held) member.held.push(event)
      else released = true
    }
    if (released) this.#parts.broadcast(this.name, this.userId, event)
  }
}

/** The entry's address alone, so that a room does not keep the entry's content in memory. */
const addressOf = ({ at, n, tag }: NonNullable<Head>): NonNullable<Head> => ({ at, n, tag })

/** Whether this event makes the room's user a signed-in one. */
function provesUser(event: FeedEvent): boolean {
  if (event.type === "user:update") return event.data.user.authenticated
  return event.type === "user:merge" && event.data.mergedUsers.surviving.authenticated
}

/** It has no socket, so nothing is sent to it. */
const FORERUNNER: RoomMember = {
  proven: true,
  held: undefined,
  park: () => undefined,
  moveTo: () => undefined,
  revokeBefore: () => undefined,
  reset: () => undefined,
}

/** The colon keeps it apart from the ids of sockets, which Socket.IO uses as names of rooms, too. */
export const roomName = (appId: string, userId: UserId): string => `u:${appId} ${userId}`

/** The rooms of a node, one for each user with a socket here. */
export class Rooms extends SharedFeeds<RoomMember, Room> {
  readonly #parts: RoomsParts

  constructor(parts: RoomsParts) {
    super()
    this.#parts = parts
  }

  enterUser(
    app: App,
    partition: Partition,
    userId: UserId,
    member: RoomMember,
    { fresh = false }: Beginning,
  ): Promise<Room> {
    const make = (): Room => {
      this.#parts.onOpen(app.id, userId)
      return new Room(app, partition, userId, this.#parts, fresh)
    }
    return this.enter(roomName(app.id, userId), make, member)
  }

  /** Follows a user's feed for a session that is about to enter their room. @returns lets it go */
  followAhead(app: App, userId: UserId): () => void {
    const partition = app.homePartition(userId)
    if (!partition) return () => undefined
    const forerunner = { ...FORERUNNER }
    const entered = this.enterUser(app, partition, userId, forerunner, {})
    // The session that enters is told of a failure.
    entered.catch(() => undefined)
    return () =>
      void entered.then(
        (room) => this.leave(room, forerunner),
        () => undefined,
      )
  }

  /** [4.4] Revokes the identity of those of the user's sockets whose token was issued before. */
  revokeBefore(app: App, userId: UserId, tokensAfter: Seconds, by: string): void {
    const room = this.named(roomName(app.id, userId))
    if (room) for (const member of [...room.members]) member.revokeBefore(tokensAfter, by)
  }

  override leave(room: Room, member: RoomMember): boolean {
    const closed = super.leave(room, member)
    if (closed) this.#parts.onClose(room.app.id, room.userId)
    return closed
  }
}
