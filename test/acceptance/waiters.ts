/** What devices and consoles of the acceptance tests have in common: waiting for something to be so, and shapes. */

/** Milliseconds. */
export const DEADLINE = 10_000

interface Judged<T> {
  readonly success: boolean
  readonly data?: T | undefined
  readonly error?: { readonly message: string } | undefined
}

/** @returns the body if it has the shape; else the breach is added */
export function judge<T>(
  breaches: string[],
  name: string,
  shape: { safeParse(body: unknown): Judged<T> },
  body: unknown,
): T | undefined {
  const judged = shape.safeParse(body)
  if (judged.success) return judged.data
  const said = JSON.stringify(body)?.slice(0, 300)
  breaches.push(`${name} breaks the shape of the page: ${judged.error?.message} in ${said}`)
  return undefined
}

export class Waiters {
  readonly #waiting = new Set<{ matches: () => boolean; done: () => void }>()
  readonly #seen: () => string
  #again = false

  /** @param seen what has come in, for the error of one who waited in vain */
  constructor(seen: () => string) {
    this.#seen = seen
  }

  /** Something has come in; and once more when those who were promised it have made something of it. */
  wake(): void {
    this.#look()
    if (this.#again) return
    this.#again = true
    setImmediate(() => {
      this.#again = false
      this.#look()
    })
  }

  #look(): void {
    for (const waiter of this.#waiting) if (waiter.matches()) waiter.done()
  }

  /** Waits until something is so, and no longer than the deadline. */
  async until(what: string, matches: () => boolean, deadline = DEADLINE): Promise<void> {
    if (matches()) return
    await new Promise<void>((resolve, reject) => {
      const waiter = { matches, done: () => settle(resolve) }
      const settle = (end: () => void): void => {
        clearTimeout(timer)
        this.#waiting.delete(waiter)
        end()
      }
      const late = () => new Error(`waited ${deadline} ms for ${what}; seen: ${this.#seen()}`)
      const timer = setTimeout(() => settle(() => reject(late())), deadline)
      this.#waiting.add(waiter)
    })
  }
}
