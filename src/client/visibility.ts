/** Events of the page: it was asleep, is left, or another tab wrote to the storage. */
export interface PageListener {
  /** It is visible again, came out of the browser's cache, or has network again. */
  readonly woke: () => void
  /** It may never run again. */
  readonly leaves: () => void
  /** Another tab changed this key; `null`: everything. */
  readonly stored: (key: string | null) => void
}

export function listenToPage({ woke, leaves, stored }: PageListener): () => void {
  if (typeof window === "undefined" || typeof document === "undefined") return () => undefined
  // React Native has a `window` without events.
  if (typeof window.addEventListener !== "function") return () => undefined
  const over = new AbortController()
  const { signal } = over
  window.addEventListener("online", woke, { signal })
  window.addEventListener("pageshow", woke, { signal })
  window.addEventListener("pagehide", leaves, { signal })
  window.addEventListener("storage", ({ key }) => stored(key), { signal })
  const shown = (): void => {
    if (document.visibilityState === "visible") woke()
  }
  document.addEventListener("visibilitychange", shown, { signal })
  return () => over.abort()
}
