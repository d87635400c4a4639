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

export interface DraftStorage {
  keep(draft: Draft): void
  drop(localId: string): void
  /** Says that this tab is here, and which drafts are its own. */
  touch(): void
  /** @param all those of the other tabs too */
  forget(all: boolean): Promise<void>
  /** The drafts of tabs that are gone; they are this tab's now. */
  adopt(): Promise<readonly Draft[]>
}

export function draftStorage({ storage, clock, prefix, tab: own, isOpen }: DraftStorageParts): DraftStorage {
  const tabs = `${prefix}tabs`
  /** The `localId` of each draft → its number; in rising order. */
  const numbers = new Map<string, number>()
  let last = -1

  const keyOf = (tab: string, number: number): string => `${prefix}draft:${tab}:${number}`

  const setRange = (tab: string, range?: Range): void =>
    void storage.update(tabs, (text) => {
      const { [tab]: _, ...others } = decoded(text)
      const ranges = JSON.stringify(range ? { ...others, [tab]: range } : others)
      return ranges === "{}" ? null : ranges
    })

  const touch = (): void => {
    const [first] = numbers.values()
    setRange(own, first === undefined ? undefined : [first, last, clock.now()])
  }

  const keep = (draft: Draft): void => {
    const { localId } = draft.body
    let number = numbers.get(localId)
    // First, so that every stored draft is found by another tab: a storage may be full after either.
    if (number === undefined) {
      last += 1
      number = last
      numbers.set(localId, number)
      touch()
    }
    storage.set(keyOf(own, number), JSON.stringify(draft))
  }

  const drop = (localId: string): void => {
    const number = numbers.get(localId)
    if (number === undefined) return
    const [first] = numbers.values()
    numbers.delete(localId)
    storage.set(keyOf(own, number), undefined)
    if (number === first) touch()
  }

  const takeOthers = async (
    mayTake: (tab: string, at: number) => Promise<boolean>,
    use: (draft: Draft) => void,
  ): Promise<void> => {
    for (const [tab, range] of Object.entries(decoded(await storage.get(tabs)))) {
      if (tab === own || !Array.isArray(range)) continue
      const [first, end, at] = range.map(Number)
      if (!(await mayTake(tab, at ?? 0))) continue
      for (let number = first ?? 0; number <= (end ?? 0); number += 1) {
        const key = keyOf(tab, number)
        const draft = decoded(await storage.get(key))
        if (isDraft(draft)) use(draft)
        storage.set(key, undefined)
      }
      setRange(tab)
    }
  }

  return {
    keep,
    drop,
    touch,
    async forget(all) {
      for (const localId of [...numbers.keys()]) drop(localId)
      if (all)
        await takeOthers(
          async () => true,
          () => undefined,
        )
    },
    async adopt() {
      const found: Draft[] = []
      await takeOthers(
        async (tab, at) => !(await isOpen(tab, at)),
        (draft) => {
          keep(draft)
          found.push(draft)
        },
      )
      return found
    },
  }
}

const isDraft = (stored: object): stored is Draft => {
  const { body, typedAt } = fieldsOf(stored)
  const { localId, content } = fieldsOf(body)
  return typeof localId === "string" && typeof content === "object" && typeof typedAt === "number"
}
