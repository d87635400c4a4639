/** Sequences of whatever people can do, as numbers: who acts and on what is taken from what is there by then. */
import * as fc from "fast-check"
import { business } from "../../src/app/actor.ts"
import { updateTicket } from "../../src/app/agents/agent-tickets.ts"
import { joinConversations } from "../../src/app/agents/join-conversations.ts"
import type { App } from "../../src/app/app.ts"
import { resolveConversation } from "../../src/app/conversation-lookup.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import type { Presenter } from "../../src/app/presenter.ts"
import { updateProfile } from "../../src/app/profile.ts"
import { sendMessage } from "../../src/app/send-message.ts"
import { readConversation } from "../../src/app/user-conversations.ts"
import { HubError } from "../../src/protocol/errors.ts"
import { ticketStatus } from "../../src/protocol/model.ts"
import { ReadSet } from "../../src/repository/read-set.ts"
import { range } from "../acceptance/random.ts"
import type { Ledger, Line, Side } from "./ledger.ts"
import { actorOf, anonymous, open, read, say, signIn, visitor } from "./stage.ts"

const KINDS = [
  ...["send", "send", "send", "aim", "aim", "agent", "agent", "bot", "note", "login", "login", "logout"],
  ...["merge", "merge", "create", "create", "join", "join", "read", "read", "readBusiness", "profile"],
  ...["ticket", "ticket", "ticket", "look"],
] as const
type Kind = (typeof KINDS)[number]

export interface Act {
  readonly kind: Kind
  readonly a: number
  readonly b: number
  readonly c: number
}

export const act = fc.record({
  kind: fc.constantFrom(...KINDS),
  a: fc.nat(96),
  b: fc.nat(96),
  c: fc.nat(96),
}) satisfies fc.Arbitrary<Act>

const DEVICES = 5
const STATUS = [undefined, ...ticketStatus.options]
const ASSIGNEES = [undefined, "ann", "ben", null]

const pick = <T>(from: readonly T[], n: number): T | undefined => from[n % Math.max(from.length, 1)]

export class Play {
  readonly app: App
  readonly ledger: Ledger
  readonly #look: (userId: string) => Promise<void>
  readonly #names: readonly string[]
  readonly #devices: Presenter[]
  #said = 0

  constructor(app: App, ledger: Ledger, names: readonly string[], look: (userId: string) => Promise<void>) {
    this.app = app
    this.ledger = ledger
    this.#names = names
    this.#look = look
    this.#devices = range(DEVICES).map((k) => this.#stranger(k))
  }

  #stranger(k: number): Presenter {
    const userId = visitor(k % this.app.partitions.length)
    this.ledger.users.add(userId)
    return anonymous(userId)
  }

  /** One after another; afterwards every ticket there is is known by its id. */
  async all(acts: readonly Act[]): Promise<void> {
    for (const one of acts) {
      await this.#one(one)
      await this.#noteTickets()
    }
  }

  #one({ kind, a, b, c }: Act): Promise<unknown> {
    const device = a % DEVICES
    const line = pick(this.ledger.lines, b)
    switch (kind) {
      case "send":
        return this.#send(device)
      case "aim":
        return this.#send(device, b)
      case "agent":
      case "bot":
      case "note":
        return this.#answer(kind, pick(this.ledger.roomIds(), b))
      case "login":
        return this.#login(device, pick(this.#names, b) ?? "")
      case "logout":
        this.#devices[device] = this.#stranger(b)
        return Promise.resolve()
      case "merge":
        return this.#merge(pick([...this.ledger.users], b) ?? "", pick([...this.ledger.users], c) ?? "")
      case "create":
        return this.#asUser(device, async (userId, proven) =>
          this.ledger.room(await open(this.app, userId, { proven, device: `d${device}` }), userId),
        )
      case "join":
        return this.#join(b, c)
      case "read":
        return this.#read(device, b, c)
      case "readBusiness":
        return line ? this.#readBusiness(line) : Promise.resolve()
      case "profile":
        return this.#asUser(device, (userId, proven) =>
          updateProfile(
            this.app,
            actorOf(this.app, userId, { proven }),
            { name: `n${b}`, metadata: { [`k${c % 3}`]: b } },
            Date.now(),
          ),
        )
      case "ticket":
        return this.#ticket(pick([...this.ledger.tickets], a), b, c)
      case "look":
        return this.#look(this.ledger.person(this.#userOf(device)))
    }
  }

  #userOf(device: number): string {
    const presenter = this.#devices[device]
    return presenter && presenter.kind !== "nobody" ? presenter.userId : ""
  }

  /** [P4] The session of a visitor who signed in or was merged is refused, and no other. */
  async #asUser(device: number, what: (userId: string, proven: boolean) => Promise<unknown>): Promise<void> {
    const userId = this.#userOf(device)
    const proven = this.#devices[device]?.kind === "identified"
    const consumed = !proven && this.ledger.identified.has(this.ledger.person(userId))
    try {
      await what(userId, proven)
    } catch (error) {
      if (consumed && error instanceof HubError && error.code === "session_consumed") return
      throw error
    }
    if (consumed) throw new Error("[P4] An anonymous session opened a signed-in person.")
  }

  #text(who: string): string {
    this.#said += 1
    return `${who} says ${this.#said}.`
  }

  #send(device: number, room?: number): Promise<void> {
    return this.#asUser(device, async (userId, proven) => {
      const rooms = this.ledger.roomIds(this.ledger.person(userId))
      const conversationId = room === undefined ? undefined : pick(rooms, room)
      const voice = { proven, device: `d${device}`, ...(conversationId !== undefined && { conversationId }) }
      const text = this.#text(`d${device}`)
      const { message } = await say(this.app, userId, text, voice)
      this.ledger.said(message, "user", userId)
      const again = await say(this.app, userId, text, voice)
      if (!again.duplicate || again.message.id !== message.id) throw new Error("[P1] A repeat was stored.")
    })
  }

  async #answer(kind: "agent" | "bot" | "note", conversationId: string | undefined): Promise<void> {
    if (conversationId === undefined) return
    const author = { type: kind === "bot" ? "bot" : "agent", id: kind } as const
    const actor = business(this.app, conversationId, author, { channel: "api" })
    const text = this.#text(kind)
    const { message } = await sendMessage(
      this.app,
      actor,
      { localId: text, conversationId, content: { type: "text", text }, internal: kind === "note" },
      Date.now(),
    )
    this.ledger.said(message, "business", this.ledger.ownerOf(conversationId))
  }

  async #login(device: number, name: string): Promise<void> {
    const before = this.#devices[device]
    if (!before || before.kind === "nobody") return
    const { person } = await signIn(this.app, before, name)
    const { id } = person.record
    this.#devices[device] = { kind: "identified", userId: id, externalId: name }
    this.ledger.users.add(id)
    // Another tab may have been faster with another name: then this one comes along without a history.
    const free = !this.ledger.identified.has(this.ledger.person(before.userId))
    if (before.kind === "anonymous" && free) this.ledger.merged(before.userId, id)
    this.ledger.identified.add(this.ledger.person(id))
  }

  async #merge(discarded: string, surviving: string): Promise<void> {
    const known = await Promise.all([discarded, surviving].map((id) => resolveUser(this.app, id)))
    if (known.includes(undefined)) return
    await mergeUsers(this.app, { discardedId: discarded, survivingId: surviving, reason: "api" }, Date.now())
    this.ledger.merged(discarded, surviving)
    // Sockets of a visitor who was merged into another visitor are that one's from now on [4.3].
    this.#devices.forEach((presenter, k) => {
      if (presenter.kind !== "anonymous") return
      const person = this.ledger.person(presenter.userId)
      if (!this.ledger.identified.has(person)) this.#devices[k] = anonymous(person)
    })
  }

  async #join(b: number, c: number): Promise<void> {
    const discardedId = pick(this.ledger.roomIds(), b)
    if (discardedId === undefined) return
    const owner = this.ledger.ownerOf(discardedId)
    const survivingId = pick(this.ledger.roomIds(owner), c) ?? discardedId
    const { conversation } = await joinConversations(this.app, { survivingId, discardedId }, Date.now())
    if (!this.ledger.sameRoom(conversation.id, survivingId)) throw new Error("[P5] Joined into another one.")
    this.ledger.joined(discardedId, survivingId)
  }

  #read(device: number, b: number, c: number): Promise<void> {
    return this.#asUser(device, async (userId, proven) => {
      const conversationId = pick(this.ledger.roomIds(this.ledger.person(userId)), b)
      if (conversationId === undefined) {
        await actorOf(this.app, userId, { proven }).load(new ReadSet())
        return
      }
      const position = pick(visible(this.ledger.linesIn(conversationId)), c)?.position
      if (position === undefined) {
        await actorOf(this.app, userId, { proven }).load(new ReadSet())
        return
      }
      await read(this.app, userId, conversationId, position, { proven })
      this.ledger.seen(conversationId, "user", position)
    })
  }

  async #readBusiness({ conversationId, position }: Line): Promise<void> {
    const side: Side = "business"
    const actor = business(this.app, conversationId, { type: "agent", id: "agent" }, { channel: "agent" })
    await readConversation(this.app, actor, { conversationId, position })
    this.ledger.seen(conversationId, side, position)
  }

  async #ticket(ticketId: string | undefined, b: number, c: number): Promise<void> {
    const [status, assigneeId] = [STATUS[b % STATUS.length], ASSIGNEES[c % ASSIGNEES.length]]
    if (ticketId === undefined) return
    try {
      await updateTicket(this.app, { ticketId, status, assigneeId }, Date.now())
    } catch (error) {
      const refused = error instanceof HubError && (error.code === "bad_request" || error.code === "conflict")
      if (!refused) throw error
    }
  }

  async #noteTickets(): Promise<void> {
    for (const id of this.ledger.roomIds()) {
      const record = (await resolveConversation(this.app, id))?.record
      if (record?.ticket) this.ledger.tickets.add(record.ticket.id)
    }
  }
}

const visible = (lines: readonly Line[]): Line[] => lines.filter(({ internal }) => !internal)
