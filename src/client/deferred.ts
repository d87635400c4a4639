/** A promise and what settles it. Dropping it causes no unhandled rejection: views and events report failures, too. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  /** An error rejects it. */
  settle(result: T | Error): void
}

export function deferred<T>(): Deferred<T> {
  let settle: Deferred<T>["settle"] = () => undefined
  const promise = new Promise<T>((resolve, reject) => {
    settle = (result) => (result instanceof Error ? reject(result) : resolve(result))
  })
  return { promise: quiet(promise), settle }
}

/** A promise that a caller may drop: a failure rejects it, and is no unhandled rejection. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
