/** The present time, for what is drawn as a distance from it: the component is drawn again at this interval. */
import { useEffect, useState } from "preact/hooks"

export function useNow(everyMs = 30_000): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
