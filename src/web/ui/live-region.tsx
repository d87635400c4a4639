/** Words that are not seen: a screen reader says them when they change. */
import type { JSX } from "preact"

export function LiveRegion({
  words,
  urgent = false,
}: {
  readonly words: string
  readonly urgent?: boolean
}): JSX.Element {
  return (
    <div class="read-aloud" role={urgent ? "alert" : "status"} aria-live={urgent ? "assertive" : "polite"}>
      {words}
    </div>
  )
}
