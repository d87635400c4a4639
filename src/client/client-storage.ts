/**
 * What a device keeps over a reload: its id, the record of its session, and the drafts. Nothing of the history: a
 * cursor is of use only with the view it belongs to, so both are in memory.
 */
import type { Clock } from "../lib/clock.ts"
import type { ClientError } from "./client-error.ts"
import { noStorage } from "./client-errors.ts"
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
  return {
    get: (key) => values.get(key),
    set: (key, value) => values.set(key, value),
    remove: (key) => values.delete(key),
  }
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

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === "object" && value !== null && "then" in value

/** Now if the value is here, else when it comes. */
export const chain = <T, R>(value: Later<T>, use: (value: T) => Later<R>): Later<R> =>
  isPromise(value) ? value.then(use) : use(value)

/**
 * Operations run one after the other. While the storage answers at once they run at once, so that what was typed is
 * stored before `send` returns. A storage that cannot be read, or does not answer, is replaced by memory.
 */
export class ClientStorage {
  readonly #clock: Clock
  readonly #complain: (error: ClientError) => void
  #storage: Storage
  #tail: Promise<unknown> | undefined
  #complained = false

  constructor(storage: Storage, clock: Clock, complain: (error: ClientError) => void) {
    this.#storage = storage
    this.#clock = clock
    this.#complain = complain
  }

  get(key: string): Later<string | undefined> {
    return chain(
      this.#run((storage) => storage.get(key), true),
      (text) => text ?? undefined,
    )
  }

  /** `undefined` removes it. */
  set(key: string, value: string | undefined): Later<unknown> {
    return this.#run(
      (storage): Later<unknown> => (value === undefined ? storage.remove(key) : storage.set(key, value)),
      false,
    )
  }

  /** Reads and writes in one step, where the storage can: other tabs of the browser write there too. */
  update(key: string, change: (text: string | undefined) => string | undefined): Later<unknown> {
    return chain(this.get(key), (text) => {
      const next = change(text)
      return next === text ? undefined : this.set(key, next)
    })
  }

  /** Settles when everything that was asked for is done; at once if nothing is left. */
  settled(use: () => void): void {
    chain(this.#tail, use)
  }

  /** @returns nothing if it failed */
  #run<T>(act: (storage: Storage) => Later<T>, reads: boolean): Later<T | undefined> {
    const begin = (): Later<T | undefined> => {
      try {
        const done = act(this.#storage)
        if (!isPromise(done)) return done
        return within(STORAGE_DEADLINE_MS, this.#clock, done).catch((cause) => this.#fail(cause, reads))
      } catch (cause) {
        return this.#fail(cause, reads)
      }
    }
    const done = chain(this.#tail, begin)
    if (isPromise(done)) {
      const tail = done.then(() => {
        if (this.#tail === tail) this.#tail = undefined
      })
      this.#tail = tail
    }
    return done
  }

  /** A full storage refuses to write, and can be read still. It refuses every message: that is reported once. */
  #fail(cause: unknown, reads: boolean): undefined {
    if (reads || cause instanceof TooLate) this.#storage = memoryStorage()
    if (this.#complained) return
    this.#complained = true
    this.#complain(noStorage(reasonOf(cause)))
  }
}
