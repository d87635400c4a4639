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
  const shown = (): void => {
    if (document.visibilityState === "visible") woke()
  }
  const wrote = ({ key }: StorageEvent): void => stored(key)
  window.addEventListener("online", woke)
  window.addEventListener("pageshow", woke)
  window.addEventListener("pagehide", leaves)
  window.addEventListener("storage", wrote)
  document.addEventListener("visibilitychange", shown)
  return () => {
    window.removeEventListener("online", woke)
    window.removeEventListener("pageshow", woke)
    window.removeEventListener("pagehide", leaves)
    window.removeEventListener("storage", wrote)
    document.removeEventListener("visibilitychange", shown)
  }
}
