/**
 * What a device keeps over a reload: its id, the record of its session, and the drafts. Nothing of the history: a
 * cursor is of use only with the view it belongs to, so both are in memory.
 */
import type { Clock } from "../lib/clock.ts"
import { ClientError } from "./client-error.ts"
import { reasonOf, TooLate, within } from "./deadline.ts"

/** `localStorage`, React Native's `AsyncStorage`, a key chain … `get` answers null or undefined for what is absent. */
export interface Storage {
  get(key: string): Later<string | null | undefined>
  set(key: string, value: string): Later<unknown>
  remove(key: string): Later<unknown>
}

export type Later<T> = T | Promise<T>

export function memoryStorage(): Storage {
  const values = new Map<string, string>()
  return Object.assign(values, { remove: (key: string) => values.delete(key) })
}

/** `localStorage` in browsers; `undefined` where there is none, or where it may not be used. */
export function browserStorage(): Storage | undefined {
  try {
    const local = globalThis.localStorage
    local.getItem("tributary")
    return {
      get: (key) => local.getItem(key),
      set: (key, value) => local.setItem(key, value),
      remove: (key) => local.removeItem(key),
    }
  } catch {
    return undefined
  }
}

/** A storage that is silent for longer is given up. */
const STORAGE_DEADLINE_MS = 1_000

const isPromise = <T>(value: Later<T>): value is Promise<T> =>
  typeof value === "object" && value !== null && "then" in value

/** Uses a value at once if it is here, or when its promise is settled. */
export const chain = <T, R>(value: Later<T>, use: (value: T) => Later<R>): Later<R> =>
  isPromise(value) ? value.then(use) : use(value)

type Text = string | null | undefined

/**
 * Operations run one after the other. While the storage answers at once they run at once, so that what was typed is
 * stored before `send` returns. A storage that cannot be read, or does not answer, is replaced by memory.
 */
export interface ClientStorage {
  get(key: string): Later<Text>
  /** `undefined` removes it. */
  set(key: string, value: Text): Later<unknown>
  /** Reads and writes in one step, where the storage can: other tabs of the browser write there too. */
  update(key: string, change: (text: Text) => Text): Later<unknown>
  /** Settles when everything that was asked for is done; at once if nothing is left. */
  settled(use: () => void): void
}

export function clientStorage(
  given: Storage,
  clock: Clock,
  complain: (error: ClientError) => void,
): ClientStorage {
  let storage = given
  let tail: Promise<unknown> | undefined
  let complained = false

  /** @returns nothing if it failed */
  const run = <T>(act: () => Later<T>, reads?: boolean): Later<T | undefined> => {
    /** A full storage refuses to write, and can be read still. It refuses every message: that is reported once. */
    const fail = (cause: unknown): undefined => {
      if (reads || cause instanceof TooLate) storage = memoryStorage()
      if (!complained) complain(new ClientError("storage_unavailable", reasonOf(cause)))
      complained = true
    }
    const done = chain(tail, (): Later<T | undefined> => {
      try {
        const acted = act()
        return isPromise(acted) ? within(STORAGE_DEADLINE_MS, clock, acted).catch(fail) : acted
      } catch (cause) {
        return fail(cause)
      }
    })
    if (isPromise(done)) {
      const last = done.then(() => {
        if (tail === last) tail = undefined
      })
      tail = last
    }
    return done
  }

  // A host without types may give anything.
  const get: ClientStorage["get"] = (key) =>
    chain(
      run(() => storage.get(key), true),
      (text) => (typeof text === "string" ? text : null),
    )
  const set: ClientStorage["set"] = (key, value) =>
    run((): Later<unknown> => (value == null ? storage.remove(key) : storage.set(key, value)))

  return {
    get,
    set,
    update: (key, change) =>
      chain(get(key), (text) => {
        const next = change(text)
        return next === text ? undefined : set(key, next)
      }),
    settled: (use) => chain(tail, use),
  }
}
