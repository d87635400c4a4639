/**
 * The records that this node has seen last. They may be old, so nothing is ever shown from here: a decision may begin
 * with them, because its commit expects their versions, and a conflict brings what is true.
 */
import type { Versioned } from "../domain/change-set.ts"
import type { Kind } from "../domain/records.ts"

/** What every send reads; all other kinds are read too rarely to be worth keeping. */
const KEPT: ReadonlySet<Kind> = new Set<Kind>(["user", "conversation"])
const MAX_RECORDS = 4_000
/** Long histories have long records: the few that are longer are loaded each time. */
const MAX_CACHED_BYTES = 4_096

interface Ref {
  readonly kind: Kind
  readonly id: string
}

export class RecordCache {
  /** In the order in which they were seen. */
  readonly #records = new Map<string, Versioned>()

  /** @param name as `nameOf` gives it */
  get(name: string): Versioned | undefined {
    return this.#records.get(name)
  }

  /** @param bytes of the stored value */
  see(versioned: Versioned, bytes: number): void {
    const name = nameOf(versioned)
    this.#records.delete(name)
    if (!KEPT.has(versioned.kind) || versioned.version === 0 || bytes > MAX_CACHED_BYTES) return
    this.#records.set(name, versioned)
    if (this.#records.size <= MAX_RECORDS) return
    for (const oldest of this.#records.keys()) {
      this.#records.delete(oldest)
      return
    }
  }

  forget(one: Ref): void {
    this.#records.delete(nameOf(one))
  }
}

/** A record's name within its partition. */
export const nameOf = ({ kind, id }: Ref): string => `${kind} ${id}`
