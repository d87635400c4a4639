/** A page that was asleep or without network wants to be live at once, not after its next backoff. */
export function onWake(wake: () => void): () => void {
  if (typeof window === "undefined" || typeof document === "undefined") return () => undefined
  const shown = (): void => {
    if (document.visibilityState === "visible") wake()
  }
  window.addEventListener("online", wake)
  document.addEventListener("visibilitychange", shown)
  return () => {
    window.removeEventListener("online", wake)
    document.removeEventListener("visibilitychange", shown)
  }
}
