/** What the tests of the contract share: the store under test, and an ear that can be waited for. */
import type {
  Address,
  Change,
  Committed,
  Conflict,
  Entry,
  Follower,
  LogKey,
  PartitionName,
  Store,
} from "../../../src/store/contract.ts"

export const DEADLINE_MS = 5_000

export interface Rig {
  readonly store: Store
  readonly deadline: number
  /** Ends the store as if its process had gone, and opens another one over the same data. */
  reopen(): Promise<Store>
  /** Does the work in every partition of the app at once. */
  inEach(work: (partition: PartitionName) => Promise<void>): Promise<void>
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value)

/** An entry with its bytes as plain numbers, since engines may hand out a Buffer or a Uint8Array. */
export const plain = ({ at, n, tag, value, of }: Entry) => ({
  at,
  n,
  tag,
  value: [...value],
  ...(of === undefined ? {} : { of: { at: of.at, n: of.n, log: of.log, value: [...of.value] } }),
})

export const texts = (entries: readonly Entry[]): (string | undefined)[] =>
  entries.map((entry) => text(entry.value))
export const numbers = (entries: readonly Entry[]): number[] => entries.map((entry) => entry.n)

export const compare = (a: Address, b: Address): number => a.at - b.at || a.n - b.n

/** `from`, …, `to`; nothing if `to` is smaller. */
export const span = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)

/** Commits what must succeed. */
export async function committed(store: Store, partition: PartitionName, change: Change): Promise<Committed> {
  const result = await store.commit(partition, change)
  if (result.kind !== "committed") throw new Error(`expected a committed change, got ${result.kind}`)
  return result
}

/** Commits what must conflict. */
export async function conflicted(store: Store, partition: PartitionName, change: Change): Promise<Conflict> {
  const result = await store.commit(partition, change)
  if (result.kind !== "conflict") throw new Error(`expected a conflict, got ${result.kind}`)
  return result
}

/** Appends one announced entry per text, each in a commit of its own, one after the other. */
export async function say(
  store: Store,
  partition: PartitionName,
  log: LogKey,
  ...words: string[]
): Promise<void> {
  for (const word of words) {
    await committed(store, partition, { append: [{ log, value: bytes(word), announce: true }] })
  }
}

/** A follower that remembers, and that a test can wait for. */
export class RecordingFollower implements Follower {
  readonly entries: Entry[] = []
  breaks = 0
  readonly #deadline: number
  #waiting: (() => void)[] = []

  constructor(deadline: number) {
    this.#deadline = deadline
  }

  entry(entry: Entry): void {
    this.entries.push(entry)
    this.#wake()
  }

  broken(): void {
    this.breaks += 1
    this.#wake()
  }

  /** Resolves when the entry with this text was heard. */
  received(word: string): Promise<void> {
    return this.until(`"${word}" is heard`, () => text(this.entries.at(-1)?.value) === word)
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const end = Date.now() + this.#deadline
    while (!holds()) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve)
        timer = setTimeout(() => {
          const last = this.entries.at(-1)
          reject(new Error(`in vain until ${what}; ${this.entries.length} entries, last n ${last?.n}`))
        }, end - Date.now())
      }).finally(() => clearTimeout(timer))
    }
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
