/** What a bookkeeper who knows no rule of the hub notes down: who is who, what was said where, who has seen what. */
import type { Message } from "../../src/protocol/model.ts"

export type Side = "user" | "business"

/** A message as its author got it acknowledged, and whether each side has seen it since. */
export interface Line {
  readonly text: string
  readonly id: string
  readonly position: string
  readonly conversationId: string
  readonly side: Side
  readonly internal: boolean
  readonly seen: Record<Side, boolean>
}

/** Names of one thing: whatever was made one stays one. */
class Names {
  readonly #into = new Map<string, string>()

  of(name: string): string {
    const into = this.#into.get(name)
    return into === undefined ? name : this.of(into)
  }

  unite(discarded: string, surviving: string): void {
    const [from, to] = [this.of(discarded), this.of(surviving)]
    if (from !== to) this.#into.set(from, to)
  }
}

export class Ledger {
  readonly lines: Line[] = []
  readonly users = new Set<string>()
  readonly tickets = new Set<string>()
  readonly identified = new Set<string>()
  readonly notes: string[] = []
  readonly #single: boolean
  readonly #persons = new Names()
  readonly #rooms = new Names()
  readonly #owners = new Map<string, string>()

  constructor(single: boolean) {
    this.#single = single
  }

  person(userId: string): string {
    return this.#persons.of(userId)
  }

  get persons(): string[] {
    return [...new Set([...this.users].map((id) => this.person(id)))]
  }

  /** Every id a conversation of this person ever had; without a person all there are. */
  roomIds(person?: string): string[] {
    return [...this.#owners.keys()].filter((id) => person === undefined || this.ownerOf(id) === person)
  }

  ownerOf(conversationId: string): string {
    return this.person(this.#owners.get(conversationId) ?? "")
  }

  sameRoom(one: string, other: string): boolean {
    return this.#rooms.of(one) === this.#rooms.of(other)
  }

  room(conversationId: string, userId: string): void {
    if (!this.#owners.has(conversationId)) this.#owners.set(conversationId, userId)
  }

  said(message: Message, side: Side, userId: string): void {
    const { id, position, conversationId, content } = message
    const text = content.type === "text" ? content.text : content.type
    const internal = message.internal === true
    this.room(conversationId, userId)
    // An author has read all before their message.
    for (const line of this.linesIn(conversationId)) line.seen[side] = true
    this.lines.push({ text, id, position, conversationId, side, internal, seen: seenBy(side) })
    if (internal) this.notes.push(text)
  }

  seen(conversationId: string, side: Side, position: string): void {
    for (const line of this.linesIn(conversationId)) if (line.position <= position) line.seen[side] = true
  }

  merged(discarded: string, surviving: string): void {
    const [from, to] = [this.person(discarded), this.person(surviving)]
    if (from === to) return
    if (this.identified.has(from)) this.identified.add(to)
    this.#persons.unite(from, to)
    const [first, ...rest] = this.roomIds(to)
    if (this.#single && first !== undefined) for (const room of rest) this.joined(room, first)
  }

  joined(discarded: string, surviving: string): void {
    this.#rooms.unite(discarded, surviving)
  }

  linesIn(conversationId: string): Line[] {
    return this.lines.filter((line) => this.sameRoom(line.conversationId, conversationId))
  }

  linesOf(person: string): Line[] {
    return this.lines.filter((line) => this.ownerOf(line.conversationId) === person)
  }

  unread(conversationId: string, side: Side): number {
    return this.linesIn(conversationId).filter(
      (line) => line.side !== side && !line.seen[side] && !(line.internal && side === "user"),
    ).length
  }
}

const seenBy = (side: Side): Record<Side, boolean> => ({
  user: side === "user",
  business: side === "business",
})
