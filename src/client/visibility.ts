/** Events of the page: it was asleep, is left, or another tab wrote to the storage. */
export interface PageListener {
  /** It is visible again, came out of the browser's cache, or has network again. */
  readonly woke: () => void
  /** It may never run again. */
  readonly leaves: () => void
  /** Another tab changed this key; `null`: everything. */
  readonly stored: (key: string | null) => void
}

/** Only browsers have pages, and with them other tabs. */
export const isPage = (): boolean => typeof document !== "undefined"

export function listenToPage({ woke, leaves, stored }: PageListener): () => void {
  const over = new AbortController()
  const on = <E extends Event>(name: string, hear: (event: E) => void): void =>
    // React Native has a `window` without events. The boundary: which event has which name is the browser's.
    globalThis.addEventListener?.(name, hear as EventListener, over)
  if (isPage()) {
    on("online", woke)
    on("pageshow", woke)
    on("pagehide", leaves)
    on<StorageEvent>("storage", ({ key }) => stored(key))
    // It comes from the document, and bubbles.
    on("visibilitychange", () => {
      if (document.visibilityState === "visible") woke()
    })
  }
  return () => over.abort()
}
