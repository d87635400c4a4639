/** A time that is told as a distance and grows older while it is looked at; the whole of it on pointing. */
import type { JSX } from "preact"
import { useNow } from "./now.ts"
import { fullTime, relativeTime } from "./times.ts"

export function RelativeTime({ at, locale }: { readonly at: number; readonly locale: string }): JSX.Element {
  const now = useNow()
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at, locale)}>
      {relativeTime(at, now, locale)}
    </time>
  )
}
