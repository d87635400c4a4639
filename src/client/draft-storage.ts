/**
 * The drafts in the storage: one key each, so that a thousand of them cost a thousand small writes. Every tab has its
 * own; those of a tab that is gone are taken over by another one.
 *
 * `…tabs` has the range of numbers that each tab uses, `…draft:<tab>:<n>` is a draft.
 */
import type { Clock } from "../lib/clock.ts"
import type { ClientStorage } from "./client-storage.ts"
import type { Draft } from "./outbox.ts"
import { decoded, fieldsOf } from "./unknown-fields.ts"

/** The first number, the last one, and when that was written, in Unix milliseconds. */
type Range = readonly [first: number, last: number, at: number]

export interface DraftStorageParts {
  readonly storage: ClientStorage
  readonly clock: Clock
  readonly prefix: string
  readonly tab: string
  /** Whether the tab with these drafts, last written at `at`, is open still. */
  readonly isOpen: (tab: string, at: number) => Promise<boolean>
}

export class DraftStorage {
  readonly #parts: DraftStorageParts
  readonly #numbers = new Map<string, number>()
  #first = 0
  #last = -1

  constructor(parts: DraftStorageParts) {
    this.#parts = parts
  }

  get #tabs(): string {
    return `${this.#parts.prefix}tabs`
  }
  #key(tab: string, number: number): string {
    return `${this.#parts.prefix}draft:${tab}:${number}`
  }

  keep(draft: Draft): void {
    const { storage, tab } = this.#parts
    const { localId } = draft.body
    const known = this.#numbers.get(localId)
    const number = known ?? this.#last + 1
    storage.set(this.#key(tab, number), JSON.stringify(draft))
    if (known !== undefined) return
    this.#numbers.set(localId, number)
    this.#last = number
    this.touch()
  }

  drop(localId: string): void {
    const { storage, tab } = this.#parts
    const number = this.#numbers.get(localId)
    if (number === undefined) return
    this.#numbers.delete(localId)
    storage.set(this.#key(tab, number), undefined)
    const [first] = this.#numbers.values()
    if (first === undefined) this.#setRange(tab)
    else if (number === this.#first) {
      // Numbers rise in the order in which they were given.
      this.#first = first
      this.touch()
    }
  }

  /** Says that this tab is here, and which drafts are its own. */
  touch(): void {
    const { tab, clock } = this.#parts
    if (this.#numbers.size > 0) this.#setRange(tab, [this.#first, this.#last, clock.now()])
  }

  /** @param all those of the other tabs too */
  async forget(all: boolean): Promise<void> {
    for (const localId of [...this.#numbers.keys()]) this.drop(localId)
    if (!all) return
    for (const [tab, range] of await this.#others()) await this.#take(tab, range, () => undefined)
  }

  /** The drafts of tabs that are gone; they are this tab's now. */
  async adopt(): Promise<readonly Draft[]> {
    const found: Draft[] = []
    for (const [tab, range] of await this.#others()) {
      if (await this.#parts.isOpen(tab, range[2])) continue
      await this.#take(tab, range, (draft) => {
        this.keep(draft)
        found.push(draft)
      })
    }
    return found
  }

  async #others(): Promise<[tab: string, Range][]> {
    const ranges = decoded(await this.#parts.storage.get(this.#tabs))
    return Object.entries(ranges).flatMap(([tab, range]): [string, Range][] => {
      if (tab === this.#parts.tab || !Array.isArray(range)) return []
      const [first, last, at] = range
      return [[tab, [Number(first), Number(last), Number(at)]]]
    })
  }

  async #take(tab: string, [first, last]: Range, use: (draft: Draft) => void): Promise<void> {
    const { storage } = this.#parts
    for (let number = first; number <= last; number += 1) {
      const key = this.#key(tab, number)
      const draft = decoded(await storage.get(key))
      if (isDraft(draft)) use(draft)
      storage.set(key, undefined)
    }
    this.#setRange(tab)
  }

  #setRange(tab: string, range?: Range): void {
    this.#parts.storage.update(this.#tabs, (text) => {
      const { [tab]: _, ...others } = decoded(text)
      const ranges = range ? { ...others, [tab]: range } : others
      return Object.keys(ranges).length > 0 ? JSON.stringify(ranges) : undefined
    })
  }
}

const isDraft = (stored: object): stored is Draft => {
  const { body, typedAt } = fieldsOf(stored)
  const { localId, content } = fieldsOf(body)
  return typeof localId === "string" && typeof content === "object" && typeof typedAt === "number"
}
