/**
 * The loop that every change goes through: load, decide, commit; on a conflict decide again, on the records that the
 * conflict brought back. There is no other such loop, so every change is bounded and counted alike.
 */
import { setTimeout as delay } from "node:timers/promises"
import type { ChangeSet } from "../domain/change-set.ts"
import { fullJitter } from "../lib/backoff.ts"
import { StoreUnavailable } from "../store/contract.ts"
import type { Committed, Conflict, Partition, Repeated } from "./partition.ts"
import { ReadSet } from "./read-set.ts"

/** Is told what contention costs, for metrics and logs. */
export interface Contention {
  /** Something had changed meanwhile: a commit was refused, or a look-up begins again. */
  conflict(what: string): void
  /** A bound was reached: the caller is told `unavailable`. */
  exhausted(what: string, tries: number): void
  /** The store did not answer a caller that goes on trying: a pause follows. */
  away(what: string, error: unknown): void
  /** A row of a list was left out, for it cannot be shown. */
  unshowable(what: string, id: string, error: unknown): void
}

export const UNOBSERVED: Contention = {
  conflict: () => undefined,
  exhausted: () => undefined,
  away: () => undefined,
  unshowable: () => undefined,
}

/** What was read is no longer so: look again. */
export const AGAIN = Symbol("again")
type Outcome<T> = T | typeof AGAIN

export interface Commit<T> {
  readonly partition: Partition
  readonly changeSet: ChangeSet
  /** The store has it, and what is handed to the store from now on comes behind it. */
  readonly handedOver?: (changeSet: ChangeSet) => void
  /** The answer; or `AGAIN` where this was one commit of several. */
  readonly committed: (done: Committed) => Outcome<T> | Promise<Outcome<T>>
  /** For change sets with an id: it was done before. */
  readonly repeated?: (done: Repeated) => T | Promise<T>
}

/** Nothing is to be changed (`answer`), a change set, or another look. */
export type Decision<T> = { readonly answer: T } | Commit<T> | typeof AGAIN

export type Decide<T> = (reads: ReadSet, tries: number) => Decision<T> | Promise<Decision<T>>

/** Of so many tries in a row, each lost to another writer, the last ones wait up to a tenth of a second. */
const MAX_TRIES = 120
/** The first repeats follow at once: a conflict says that another writer's commit went through. */
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
      // What a conflict brought is as old as the pause was long: under steady writers it would conflict each time.
      reads.clear()
    }
  }
  throw exhausted(contention, what, MAX_TRIES)
}

const pauseAfter = (tries: number): Promise<void> =>
  delay(fullJitter(tries - EAGER_TRIES, PAUSE, Math.random()))

/**
 * The same loop for those who only look: what they follow may be moved by others meanwhile.
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

/** What was decided on a guess counts only if a commit follows, which expects what was guessed. */
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
  { partition, committed, repeated }: Commit<T>,
  done: Committed | Repeated | Conflict,
  reads: ReadSet,
  onConflict: () => void,
): Outcome<T> | Promise<Outcome<T>> {
  if (done.kind === "conflict") {
    onConflict()
    reads.replace(partition, done)
    return AGAIN
  }
  const guessed = reads.guessed
  reads.begin()
  if (done.kind === "committed") return committed(done)
  // [S4] What was done before is answered without a look at what was expected: whether they may still hear it, a guess
  // cannot tell.
  if (guessed) return AGAIN
  if (!repeated) throw new Error("A change set without an id cannot have been committed before.")
  return repeated(done)
}

/** For loops that follow forwarding values which others write: a loop that does not end is answered `unavailable`. */
export function exhausted(contention: Contention, what: string, tries: number): StoreUnavailable {
  contention.exhausted(what, tries)
  return new StoreUnavailable(`${what}: given up after ${tries} tries, something had changed each time.`)
}
