/**
 * What a device keeps over a reload: its id, the record of its session, and the drafts. Nothing of the history: a
 * cursor is of use only with the view it belongs to, so both are in memory.
 */
import type { Clock } from "../lib/clock.ts"
import type { ClientError } from "./client-error.ts"
import { noStorage } from "./client-errors.ts"

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
    return this.#run(
      (storage) => storage.get(key),
      (value) => value ?? undefined,
      () => this.#forsake().get(key),
    )
  }

  /** `undefined` removes it. */
  set(key: string, value: string | undefined): Later<unknown> {
    const put = (storage: Storage): Later<unknown> =>
      value === undefined ? storage.remove(key) : storage.set(key, value)
    return this.#run(
      put,
      (done) => done,
      () => undefined,
    )
  }

  /** Reads and writes in one step, where the storage can: other tabs of the browser write there too. */
  update(key: string, change: (text: string | undefined) => string | undefined): Later<unknown> {
    const then = (text: string | undefined): Later<unknown> => {
      const next = change(text)
      return next === text ? undefined : this.set(key, next)
    }
    const text = this.get(key)
    return isPromise(text) ? text.then(then) : then(text)
  }

  /** Settles when everything that was asked for is done; at once if nothing is left. */
  settled(then: () => void): void {
    if (this.#tail) void this.#tail.then(then)
    else then()
  }

  #run<T, R>(act: (storage: Storage) => Later<T>, use: (value: T) => R, otherwise: () => Later<T>): Later<R> {
    const begin = (): Later<T> => {
      try {
        const done = act(this.#storage)
        return isPromise(done) ? this.#bounded(done, otherwise) : done
      } catch (cause) {
        this.#fail(cause)
        return otherwise()
      }
    }
    const done = this.#tail ? this.#tail.then(begin) : begin()
    if (!isPromise(done)) return use(done)
    const tail: Promise<unknown> = done.then(
      () => this.#free(tail),
      () => this.#free(tail),
    )
    this.#tail = tail
    return done.then(use)
  }

  #free(tail: Promise<unknown>): void {
    if (this.#tail === tail) this.#tail = undefined
  }

  async #bounded<T>(done: Promise<T>, otherwise: () => Later<T>): Promise<T> {
    let cancel = (): void => undefined
    const late = new Promise<"late">((resolve) => {
      cancel = this.#clock.after(STORAGE_DEADLINE_MS, () => resolve("late"))
    })
    try {
      const first = await Promise.race([done.then((value) => ({ value })), late])
      if (first !== "late") return first.value
      this.#fail("it does not answer")
      this.#forsake()
    } catch (cause) {
      this.#fail(cause)
    } finally {
      cancel()
    }
    return await otherwise()
  }

  #forsake(): Storage {
    this.#storage = memoryStorage()
    return this.#storage
  }

  /** Reported once: a full storage refuses every message. */
  #fail(cause: unknown): void {
    if (this.#complained) return
    this.#complained = true
    this.#complain(noStorage(cause instanceof Error ? cause.message : String(cause)))
  }
}
