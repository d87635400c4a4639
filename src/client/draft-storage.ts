/**
 * The drafts in the storage: one key each, so that a thousand of them cost a thousand small writes. Every tab has its
 * own; those of a tab that is gone are taken over by another one.
 *
 * `…tabs` lists the tabs that have drafts, `…tab:<id>` the range of numbers that one uses, `…draft:<id>:<n>` is a draft.
 */
import type { Clock } from "../lib/clock.ts"
import type { ClientStorage } from "./client-storage.ts"
import type { Draft } from "./outbox.ts"

interface Range {
  readonly first: number
  readonly last: number
  /** When it was written, Unix milliseconds. */
  readonly at: number
}

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
  #rangeKey(tab: string): string {
    return `${this.#parts.prefix}tab:${tab}`
  }
  #draftKey(tab: string, number: number): string {
    return `${this.#parts.prefix}draft:${tab}:${number}`
  }

  keep(draft: Draft): void {
    const { storage, tab } = this.#parts
    const { localId } = draft.body
    const known = this.#numbers.get(localId)
    const number = known ?? this.#last + 1
    storage.set(this.#draftKey(tab, number), JSON.stringify(draft))
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
    storage.set(this.#draftKey(tab, number), undefined)
    const [first] = this.#numbers.values()
    if (first === undefined) this.#leave(tab)
    else if (number === this.#first) {
      // Numbers rise in the order in which they were given.
      this.#first = first
      this.touch()
    }
  }

  /** Says that this tab is here, and which drafts are its own. */
  touch(): void {
    const { storage, tab, clock } = this.#parts
    if (this.#numbers.size === 0) return
    const range: Range = { first: this.#first, last: this.#last, at: clock.now() }
    storage.set(this.#rangeKey(tab), JSON.stringify(range))
    storage.update(this.#tabs, (text) => {
      const tabs = decodeTabs(text)
      return tabs.includes(tab) ? text : JSON.stringify([...tabs, tab])
    })
  }

  /** @param all those of the other tabs too */
  async forget(all: boolean): Promise<void> {
    for (const localId of [...this.#numbers.keys()]) this.drop(localId)
    if (!all) return
    for (const tab of decodeTabs(await this.#parts.storage.get(this.#tabs))) {
      if (tab !== this.#parts.tab) await this.#take(tab)
    }
  }

  /** The drafts of tabs that are gone; they are this tab's now. */
  async adopt(): Promise<readonly Draft[]> {
    const { storage, tab, isOpen } = this.#parts
    const found: Draft[] = []
    for (const other of decodeTabs(await storage.get(this.#tabs))) {
      const range = decodeRange(await storage.get(this.#rangeKey(other)))
      if (other === tab || (range && (await isOpen(other, range.at)))) continue
      found.push(...(await this.#take(other, (draft) => this.keep(draft))))
    }
    return found
  }

  async #take(tab: string, first: (draft: Draft) => void = () => undefined): Promise<Draft[]> {
    const { storage } = this.#parts
    const found: Draft[] = []
    const range = decodeRange(await storage.get(this.#rangeKey(tab)))
    for (let number = range?.first ?? 0; number <= (range?.last ?? -1); number += 1) {
      const key = this.#draftKey(tab, number)
      const draft = decodeDraft(await storage.get(key))
      if (draft) {
        first(draft)
        found.push(draft)
      }
      storage.set(key, undefined)
    }
    this.#leave(tab)
    return found
  }

  #leave(tab: string): void {
    const { storage } = this.#parts
    storage.set(this.#rangeKey(tab), undefined)
    storage.update(this.#tabs, (text) => {
      const rest = decodeTabs(text).filter((each) => each !== tab)
      return rest.length > 0 ? JSON.stringify(rest) : undefined
    })
  }
}

/** The storage may hold anything; what cannot be read counts as absent. */
function decoded(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

const decodeTabs = (text: string | undefined): string[] => {
  const stored = decoded(text)
  return Array.isArray(stored) ? stored.filter((tab) => typeof tab === "string") : []
}

function decodeRange(text: string | undefined): Range | undefined {
  const stored = decoded(text)
  if (typeof stored !== "object" || stored === null) return undefined
  if (!("first" in stored && "last" in stored && "at" in stored)) return undefined
  const { first, last, at } = stored
  if (typeof first !== "number" || typeof last !== "number" || typeof at !== "number") return undefined
  return { first, last, at }
}

function decodeDraft(text: string | undefined): Draft | undefined {
  const stored = decoded(text)
  return isDraft(stored) ? stored : undefined
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== "object" || value === null || !("body" in value) || !("typedAt" in value)) return false
  const { body, typedAt } = value
  if (typeof body !== "object" || body === null || typeof typedAt !== "number") return false
  return "localId" in body && typeof body.localId === "string" && "content" in body
}
