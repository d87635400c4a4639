/** Typed listeners. One that throws does not keep the others from being called; its error is thrown on its own. */
export interface Emitter<Events extends object> {
  /** @returns a function that removes the listener */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void
}

export function createEmitter<Events extends object>(): Emitter<Events> {
  type Listeners = { [Name in keyof Events]?: Set<(event: Events[Name]) => void> }
  const listeners: Listeners = {}

  return {
    on(name, listener) {
      const set = listeners[name] ?? new Set()
      listeners[name] = set
      // Wrapped, so that a function registered twice is called twice and removed once.
      const entry: typeof listener = (event) => listener(event)
      set.add(entry)
      return () => set.delete(entry)
    },

    emit(name, event) {
      for (const listener of [...(listeners[name] ?? [])]) {
        try {
          listener(event)
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
  }
}
