/** A promise with its two ends. That nobody listens to it is no crash: views and events tell the same story. */
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
  promise.catch(() => undefined)
  return { promise, resolve: (value) => ends?.resolve(value), reject: (error) => ends?.reject(error) }
}

/** A promise that a caller may drop: whoever listens hears the failure, and otherwise nothing happens. */
export function quiet<T>(act: () => Promise<T>): Promise<T> {
  const promise = act()
  promise.catch(() => undefined)
  return promise
}
