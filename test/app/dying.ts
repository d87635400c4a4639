/**
 * A process that dies right after a certain commit of a login or a merge. The steps are told apart by what they store,
 * so nothing of the hub knows that it is watched.
 */
import { App } from "../../src/app/app.ts"
import type { UserRecord } from "../../src/domain/records.ts"
import { RECORD_CODECS } from "../../src/repository/codec.ts"
import type { Change, Store } from "../../src/store/contract.ts"

export type Step = "claim" | "freeze" | "import" | "forward"

function stepOf({ put = [] }: Change): Step | undefined {
  const keys = put.map(([key]) => key)
  const users = put
    .filter(([key]) => key.startsWith("u:"))
    .map(([, value]): UserRecord => RECORD_CODECS.user.decode(value))
  if (keys.some((key) => key.startsWith("i:"))) return "import"
  if (users.some(({ mergeState }) => mergeState?.kind === "merging")) return "freeze"
  if (users.length === 1 && users[0]?.mergeState?.kind === "merged") return "forward"
  return keys.some((key) => key.startsWith("x:")) && users.length === 0 ? "claim" : undefined
}

/** @param act what happens after each step, before its caller learns that it was made */
export function stepping(store: Store, act: (step: Step) => Promise<void> | void): Store {
  return {
    ...store,
    async commit(partition, change) {
      const done = await store.commit(partition, change)
      const step = done.kind === "committed" ? stepOf(change) : undefined
      if (step) await act(step)
      return done
    },
  }
}

/** @param act what happens before each step, once it has been decided and before it is stored */
export function preceding(store: Store, act: (step: Step) => Promise<void> | void): Store {
  return {
    ...store,
    async commit(partition, change) {
      const step = stepOf(change)
      if (step) await act(step)
      return store.commit(partition, change)
    },
  }
}

export class Died extends Error {}

/** The app as a node sees it that dies right after this step. */
export function dyingAfter(app: App, step: Step): App {
  const store = stepping(app.store, (done) => {
    if (done === step) throw new Died(step)
  })
  return new App(store, app.record)
}

export interface HeldStep {
  readonly store: Store
  /** Resolves when the step is decided and handed to the store. */
  readonly reached: Promise<void>
  release(): void
}

/** This step is not stored before it is released; everything else goes on. */
export function holding(store: Store, which: Step): HeldStep {
  let [reach, release] = [(): void => undefined, (): void => undefined]
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const held = preceding(store, (step) => {
    if (step !== which) return
    reach()
    return released
  })
  return { store: held, reached, release: () => release() }
}
