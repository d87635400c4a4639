/** Watches a token's expiry (docs/protocol.md 4.4): a warning in time, and the end exactly when the token expires. */
import type { Clock } from "../../lib/clock.ts"

const WARNING_MS = 60_000

/** @returns a function that stops watching */
export function watchExpiry(
  clock: Clock,
  expiresAt: number,
  on: { readonly soon: () => void; readonly over: () => void },
): () => void {
  const life = expiresAt - clock.now()
  const cancelWarning = clock.after(life > WARNING_MS ? life - WARNING_MS : life / 2, on.soon)
  let cancelEnd = (): void => undefined
  const end = (): void => {
    const left = expiresAt - clock.now()
    if (left > 0) cancelEnd = clock.after(left, end)
    else on.over()
  }
  end()
  return () => {
    cancelWarning()
    cancelEnd()
  }
}
