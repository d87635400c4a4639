/**
 * Records as this node saw them last. They may be old, so nothing is shown from here. A decision may begin with them,
 * because its commit expects their versions, and a conflict brings the current ones.
 */
import type { Versioned } from "../domain/change-set.ts"
import type { Kind } from "../domain/records.ts"

/** The kinds that every send reads; others are read too rarely to be worth keeping. */
type Kept = "user" | "conversation"
const isKept = (kind: Kind): kind is Kept => kind === "user" || kind === "conversation"
/** For each kind. */
const MAX_RECORDS = 4_000
/** Larger records, of conversations with many segments, are not kept: they are few. */
const MAX_CACHED_BYTES = 4_096

interface Ref {
  readonly kind: Kind
  readonly id: string
}

export class RecordCache {
  /** By id, in the order in which they were seen. */
  readonly #records: { readonly [K in Kept]: Map<string, Versioned<K>> } = {
    user: new Map(),
    conversation: new Map(),
  }

  get<K extends Kind>({ kind, id }: { readonly kind: K; readonly id: string }): Versioned<K> | undefined {
    // The boundary: a record stands under its own kind.
    return isKept(kind) ? (this.#records[kind].get(id) as Versioned<K> | undefined) : undefined
  }

  /** @param bytes of the stored value */
  keeps(kind: Kind, bytes: number): boolean {
    return isKept(kind) && bytes <= MAX_CACHED_BYTES
  }

  /** @param bytes of the stored value */
  see(versioned: Versioned, bytes: number): void {
    const { kind, id } = versioned
    if (!isKept(kind)) return
    // The boundary, as above.
    const records = this.#records[kind] as Map<string, Versioned>
    records.delete(id)
    if (versioned.version === 0 || !this.keeps(kind, bytes)) return
    records.set(id, versioned)
    if (records.size <= MAX_RECORDS) return
    for (const oldest of records.keys()) {
      records.delete(oldest)
      return
    }
  }

  forget({ kind, id }: Ref): void {
    if (isKept(kind)) this.#records[kind].delete(id)
  }
}
