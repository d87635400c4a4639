/** The rows of a list of tickets: each with its user and its last message, all of them read side by side. */

import { NO_MARKERS } from "../../domain/conversation.ts"
import type { ListedTicket } from "../../protocol/agent.ts"
import type { UserId } from "../../protocol/branded.ts"
import { ref } from "../../repository/partition.ts"
import type { ReadSet } from "../../repository/read-set.ts"
import type { App } from "../app.ts"
import { lastMessage } from "../conversation-lookup.ts"
import { badgeTest, type ResolvedTicket } from "../load-badges.ts"
import { READ_ENTRIES } from "../log-cache.ts"
import { resolveUser } from "../merge-users.ts"
import { preload } from "../preload.ts"
import { readingOf } from "../reading.ts"
import { ifShowable } from "../showable.ts"
import type { ResolvedUser } from "../user-data.ts"
import { agentUserView, loadUserNames, type Online, showTicket, type UserNames } from "./agent-views.ts"

/** Entries read to find the last message of a log: fold entries may follow it. */
const LAST_ENTRIES = 4
/** Unread messages are counted so far back. */
const MAX_LISTED_UNREAD = 100

export interface ListedRow {
  readonly place: ResolvedTicket
  /** Its score in the ranking: when it was active last, Unix milliseconds. */
  readonly score: number
}

interface Listed {
  readonly online: Online
  /** Whether the unread messages are counted. */
  readonly counted: boolean
}

export class ListedTickets {
  readonly #app: App
  readonly #reads: ReadSet
  readonly #listed: Listed
  /** Several tickets may be one user's. */
  readonly #people = new Map<string, Promise<ListedUser | undefined>>()

  constructor(app: App, reads: ReadSet, listed: Listed) {
    this.#app = app
    this.#reads = reads
    this.#listed = listed
  }

  /** The rows by the tickets' ids; a row that cannot be shown is left out. */
  async show(rows: readonly ListedRow[]): Promise<ReadonlyMap<string, ListedTicket>> {
    const users = preload(
      this.#app,
      "user",
      rows.map(({ place }) => place.record.userId),
      this.#reads,
    )
    const markers = this.#listed.counted ? this.#preloadMarkers(rows) : undefined
    const shown = await Promise.all(
      rows.map(({ place, score }) =>
        ifShowable(this.#app, "ticket", place.ticket.id, () => this.#row(place, score, { users, markers })),
      ),
    )
    return new Map(shown.flatMap((one) => (one ? [[one.id, one] as const] : [])))
  }

  /** They lie where the conversation is today. */
  async #preloadMarkers(rows: readonly ListedRow[]): Promise<void> {
    await Promise.all(
      this.#app.partitions.map(async (partition) => {
        const here = rows.filter(({ place }) => place.partition === partition)
        await this.#reads.load(partition, ...here.map(({ place }) => ref("markers", place.record.id)))
      }),
    )
  }

  async #row(
    place: ResolvedTicket,
    score: number,
    { users, markers }: Loading,
  ): Promise<ListedTicket | undefined> {
    const [person, { last, unreadCount }] = await Promise.all([
      this.#person(place.record.userId, users),
      this.#messages(place, markers),
    ])
    if (!person) return undefined
    const { record } = person.user
    const ticket = await showTicket(this.#app, { ...place, lastActivityAt: score }, await person.bearsBadge)
    return {
      ...ticket,
      user: agentUserView(record, person.names, this.#listed.online),
      ...(last && { lastMessage: last }),
      ...(unreadCount !== undefined && { unreadCount }),
    }
  }

  #person(userId: UserId, users: Promise<void>): Promise<ListedUser | undefined> {
    const known = this.#people.get(userId)
    if (known) return known
    const person = this.#load(userId, users)
    this.#people.set(userId, person)
    return person
  }

  async #load(userId: UserId, users: Promise<void>): Promise<ListedUser | undefined> {
    // Read beside the record: the user has hardly ever been merged meanwhile.
    const home = this.#app.homePartition(userId)
    const [guess] = await Promise.all([home && loadUserNames(home, userId), users])
    const user = await resolveUser(this.#app, userId, this.#reads)
    if (!user) return undefined
    const { partition, record } = user
    const names = guess && record.id === userId ? guess : await loadUserNames(partition, record.id)
    return { user, names, bearsBadge: badgeTest(partition, record) }
  }

  async #messages(place: ResolvedTicket, markersOfAll: Promise<void> | undefined) {
    const { partition, record } = place
    if (!markersOfAll) {
      const tail = await partition.messages(record.log, { limit: LAST_ENTRIES })
      return { last: await lastMessage(this.#app, place, "business", tail) }
    }
    const [tail] = await Promise.all([partition.messages(record.log, { limit: READ_ENTRIES }), markersOfAll])
    const markers = await this.#reads.get(partition, "markers", record.id)
    const [last, { unread }] = await Promise.all([
      lastMessage(this.#app, place, "business", tail),
      readingOf(this.#app, partition, record, markers.value ?? NO_MARKERS, "business", {
        tail: { entries: tail, limit: READ_ENTRIES },
        most: MAX_LISTED_UNREAD,
      }),
    ])
    return { last, unreadCount: Math.min(unread, MAX_LISTED_UNREAD) }
  }
}

/** What is loaded for all rows together. */
interface Loading {
  readonly users: Promise<void>
  /** Only where unread messages are counted. */
  readonly markers: Promise<void> | undefined
}

interface ListedUser {
  readonly user: ResolvedUser
  readonly names: UserNames
  readonly bearsBadge: ReturnType<typeof badgeTest>
}
