/**
 * The loop that every change goes through: load, decide, commit; on a conflict decide again, on the records that the
 * conflict brought back. There is no other such loop, so every change is bounded and counted alike.
 */
import { setTimeout as delay } from "node:timers/promises"
import type { ChangeSet } from "../domain/change-set.ts"
import { fullJitter } from "../lib/backoff.ts"
import { StoreUnavailable } from "../store/contract.ts"
import type { CommittedChanges, ConflictingChanges, Partition, RepeatedChanges } from "./partition.ts"
import { ReadSet } from "./read-set.ts"

/** Is told of conflicts and failures, for metrics and logs. */
export interface Contention {
  /** A commit was refused, or a look-up begins again, because something had changed meanwhile. */
  conflict(what: string): void
  /** The last try failed too: the caller is told `unavailable`. */
  exhausted(what: string, tries: number): void
  /** The store did not answer, and the caller tries again after a pause. */
  away(what: string, error: unknown): void
  /** A row of a list was left out because it cannot be shown. */
  unshowable(what: string, id: string, error: unknown): void
}

export const UNOBSERVED: Contention = {
  conflict: () => undefined,
  exhausted: () => undefined,
  away: () => undefined,
  unshowable: () => undefined,
}

/** What was read has changed since: read and decide again. */
export const AGAIN = Symbol("again")
type Outcome<T> = T | typeof AGAIN

export interface Commit<T> {
  readonly partition: Partition
  readonly changeSet: ChangeSet
  /** Called once the commit was handed to the store, before its answer: what is handed over later comes after it. */
  readonly handedOver?: (changeSet: ChangeSet) => void
  /** Called on a conflict: it was not stored, and is decided again. */
  readonly refused?: () => void
  /** The answer; or `AGAIN` where this was one commit of several. */
  readonly committed: (done: CommittedChanges) => Outcome<T> | Promise<Outcome<T>>
  /** For change sets with an id: the answer where it was committed before. */
  readonly repeated?: (done: RepeatedChanges) => T | Promise<T>
}

/** What `decide` gives: an answer without a change, a commit, or `AGAIN`. */
export type Decision<T> = { readonly answer: T } | Commit<T> | typeof AGAIN

export type Decide<T> = (reads: ReadSet, tries: number) => Decision<T> | Promise<Decision<T>>

/** Tries before a caller is told `unavailable`; the pauses between them grow to at most 100 ms. */
const MAX_TRIES = 120
/** Tries without a pause: a conflict means that another writer's commit succeeded, so the way is probably free now. */
const EAGER_TRIES = 2
const PAUSE = { baseMs: 1, capMs: 100 }

/**
 * @param what names the change in metrics and logs
 * @param decide looks at records through the set it is given; `tries` counts from 1
 * @throws StoreUnavailable after too many conflicts; and whatever `decide` throws
 */
export async function transact<T>(
  { contention }: { readonly contention: Contention },
  what: string,
  decide: Decide<T>,
  reads = new ReadSet(),
): Promise<T> {
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const decided = certain(decide, reads, tries)
    const decision = decided instanceof Promise ? await decided : decided
    if (decision === AGAIN) reads.begin()
    else if ("answer" in decision) return decision.answer
    else {
      const committing = decision.partition.commit(decision.changeSet)
      decision.handedOver?.(decision.changeSet)
      const done = await committing
      const outcome = outcomeOf(decision, done, reads, () => contention.conflict(what))
      const result = outcome instanceof Promise ? await outcome : outcome
      if (result !== AGAIN) return result
    }
    if (tries > EAGER_TRIES) {
      await pauseAfter(tries)
      // The records of the conflict are as old as the pause was long: under steady writers they would conflict each
      // time.
      reads.clear()
    }
  }
  throw exhausted(contention, what, MAX_TRIES)
}

const pauseAfter = (tries: number): Promise<void> =>
  delay(fullJitter(tries - EAGER_TRIES, PAUSE, Math.random()))

/**
 * The same loop for look-ups that commit nothing: what they follow may be moved by others meanwhile.
 *
 * @throws StoreUnavailable where each look was overtaken; and whatever `look` throws
 */
export async function lookUp<T>(
  { contention }: { readonly contention: Contention },
  what: string,
  look: () => Promise<Outcome<T>>,
): Promise<T> {
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const found = await look()
    if (found !== AGAIN) return found
    contention.conflict(what)
    if (tries > EAGER_TRIES) await pauseAfter(tries)
  }
  throw exhausted(contention, what, MAX_TRIES)
}

/**
 * A decision that rests on cached records counts only if it ends in a commit, which expects them; else it is made again
 * on loaded ones.
 */
function certain<T>(decide: Decide<T>, reads: ReadSet, tries: number): Decision<T> | Promise<Decision<T>> {
  const again = (): Decision<T> | Promise<Decision<T>> => {
    reads.clear()
    return decide(reads, tries)
  }
  const counts = (decision: Decision<T>): boolean =>
    !reads.guessed || (decision !== AGAIN && "changeSet" in decision)
  const failed = (error: unknown) => {
    if (!reads.guessed) throw error
    return again()
  }
  try {
    const decision = decide(reads, tries)
    if (!(decision instanceof Promise)) return counts(decision) ? decision : again()
    return decision.then((found) => (counts(found) ? found : again()), failed)
  } catch (error) {
    return failed(error)
  }
}

function outcomeOf<T>(
  { partition, committed, repeated, refused }: Commit<T>,
  done: CommittedChanges | RepeatedChanges | ConflictingChanges,
  reads: ReadSet,
  onConflict: () => void,
): Outcome<T> | Promise<Outcome<T>> {
  if (done.kind === "conflict") {
    onConflict()
    refused?.()
    reads.replace(partition, done)
    return AGAIN
  }
  const guessed = reads.guessed
  reads.begin()
  if (done.kind === "committed") return committed(done)
  // [S4] A repeat is answered whatever it expected, so the commit has not confirmed the cached records: whether the
  // caller may still have the answer is decided on loaded ones.
  if (guessed) return AGAIN
  if (!repeated) throw new Error("A change set without an id cannot have been committed before.")
  return repeated(done)
}

/** The error for loops that follow forwarding records: one that does not end is answered `unavailable`. */
export function exhausted(contention: Contention, what: string, tries: number): StoreUnavailable {
  contention.exhausted(what, tries)
  return new StoreUnavailable(`${what}: given up after ${tries} tries, something had changed each time.`)
}
