/**
 * The records that a decision has read. Each is loaded once, however many rules read it. After a conflict the set holds the
 * records that the store sent with it, so that the next decision need not load them.
 */
import type { Versioned } from "../domain/change-set.ts"
import type { Kind } from "../domain/records.ts"
import type { Head } from "../store/contract.ts"
import { type ConflictingChanges, type Partition, type Ref, type RepeatedChanges, ref } from "./partition.ts"

type Loaded<R extends readonly Ref[]> = { readonly [I in keyof R]: Versioned<R[I]["kind"]> }

interface Known {
  readonly records: Map<string, Versioned>
  readonly heads: Map<string, Head>
}

export class ReadSet {
  #known: Map<Partition, Known> | undefined
  #guessing: boolean
  #guessed = false
  #otherAnswers: Map<Partition, ReadonlyMap<string, RepeatedChanges>> | undefined

  /**
   * @param guessing whether it may begin with records from the node's cache (`record-cache.ts`), which may be old: only for
   * decisions whose commit expects every record that they read
   */
  constructor(guessing = false) {
    this.#guessing = guessing
  }

  /** Whether the decision since `begin` may rest on an old record from the cache: only its commit can tell. */
  get guessed(): boolean {
    return this.#guessed
  }

  /** Loads those of the records that are not known yet, in one call. */
  async load<const R extends readonly Ref[]>(partition: Partition, ...refs: R): Promise<Loaded<R>> {
    const { records } = this.#of(partition)
    const missing: Ref[] = []
    for (const one of refs) if (!this.#knows(partition, records, one)) missing.push(one)
    const found = missing.length > 0 ? await partition.load(...missing) : []
    // A record that a concurrent load has put here meanwhile is kept: one decision sees each record in one state.
    for (const versioned of found)
      if (!records.has(nameOf(versioned))) records.set(nameOf(versioned), versioned)
    // The boundary: a record stands under its own kind, and all of them are known now.
    return refs.map((one) => records.get(nameOf(one))) as unknown as Loaded<R>
  }

  async get<K extends Kind>(partition: Partition, kind: K, id: string): Promise<Versioned<K>> {
    const [versioned] = await this.load(partition, ref(kind, id))
    return versioned
  }

  /** The record if it was read before; nothing is loaded. */
  known<K extends Kind>(partition: Partition, one: Ref<K>): Versioned<K> | undefined {
    // The boundary: a record stands under its own kind.
    return this.#of(partition).records.get(nameOf(one)) as Versioned<K> | undefined
  }

  /** The record if it was read before or is in the cache; nothing is loaded. */
  seen<K extends Kind>(partition: Partition, one: Ref<K>): Versioned<K> | undefined {
    const known = this.#known && this.known(partition, one)
    if (known || !this.#guessing) return known
    const seen = partition.seen.get(one)
    if (seen) this.#guessed = true
    return seen
  }

  /** The last entry of a message log, where a conflict has brought it. */
  knownHead(partition: Partition, log: string): Head {
    return this.#known?.get(partition)?.heads.get(log)
  }

  /**
   * [S4] What conflicts have brought of ids that a change set wanted to make known, by `idName`. An answer that is given
   * stays, so it outlives the records.
   */
  otherAnswers(partition: Partition): ReadonlyMap<string, RepeatedChanges> {
    return this.#otherAnswers?.get(partition) ?? NO_ANSWERS
  }

  /** [S2] After a conflict only the records that it brought are known to be current. */
  replace(partition: Partition, { records, heads, otherAnswers }: ConflictingChanges): void {
    this.begin()
    if (otherAnswers.size > 0) {
      this.#otherAnswers ??= new Map()
      this.#otherAnswers.set(partition, new Map([...this.otherAnswers(partition), ...otherAnswers]))
    }
    const known = this.#of(partition)
    for (const versioned of records) known.records.set(nameOf(versioned), versioned)
    for (const [log, head] of heads) known.heads.set(log, head)
  }

  /** Adds a record that this caller has just written, so that the next decision need not load it. */
  learn(partition: Partition, written: Versioned | undefined): void {
    if (written) this.#of(partition).records.set(nameOf(written), written)
  }

  /** Another set that begins with what is known of one partition. */
  of(partition: Partition): ReadSet {
    const copy = new ReadSet()
    for (const versioned of this.#known?.get(partition)?.records.values() ?? [])
      copy.learn(partition, versioned)
    return copy
  }

  /** Forgets everything, because what was read has been changed, by this caller or another. */
  clear(): void {
    this.#known = undefined
    this.#guessing = false
  }

  /** Begins another decision, which rests on nothing that was read before. */
  begin(): void {
    this.clear()
    this.#guessed = false
  }

  /** Whether it was read before, or is taken from the cache now. */
  #knows(partition: Partition, records: Known["records"], one: Ref): boolean {
    const name = nameOf(one)
    if (records.has(name)) return true
    const seen = this.#guessing ? partition.seen.get(one) : undefined
    if (!seen) return false
    records.set(name, seen)
    this.#guessed = true
    return true
  }

  #of(partition: Partition): Known {
    this.#known ??= new Map()
    let known = this.#known.get(partition)
    if (!known) {
      known = { records: new Map(), heads: new Map() }
      this.#known.set(partition, known)
    }
    return known
  }
}

const NO_ANSWERS: ReadonlyMap<string, RepeatedChanges> = new Map()

/** A record's name within its partition. */
const nameOf = ({ kind, id }: Ref): string => `${kind} ${id}`
