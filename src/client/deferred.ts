/** A promise with its two ends. Dropping it causes no unhandled rejection: views and events report failures too. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: Error): void
}

export function deferred<T>(): Deferred<T> {
  let ends: Omit<Deferred<T>, "promise"> | undefined
  const promise = new Promise<T>((resolve, reject) => {
    ends = { resolve, reject }
  })
  return {
    promise: quiet(promise),
    resolve: (value) => ends?.resolve(value),
    reject: (error) => ends?.reject(error),
  }
}

/** A promise that a caller may drop: a failure rejects it, and is no unhandled rejection. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
