/** Whether the page is visible and has the focus. */
import { useEffect, useState } from "preact/hooks"

const looked = (): boolean => document.visibilityState === "visible" && document.hasFocus()

export function useLooked(): boolean {
  const [now, setNow] = useState(looked)
  useEffect(() => {
    const look = (): void => setNow(looked())
    addEventListener("focus", look)
    addEventListener("blur", look)
    document.addEventListener("visibilitychange", look)
    return () => {
      removeEventListener("focus", look)
      removeEventListener("blur", look)
      document.removeEventListener("visibilitychange", look)
    }
  }, [])
  return now
}
