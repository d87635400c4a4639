/** The clock of a token (PROTOCOL 4.4): a warning in time, and the end exactly when the token says. */
import type { Session } from "./session.ts"

const WARNING_MS = 60_000

/** @returns what stops the clock */
export function watchExpiry(session: Session, expiresAt: number): () => void {
  const { clock } = session.services
  const life = expiresAt - clock.now()
  const warning = life > WARNING_MS ? life - WARNING_MS : life / 2
  const cancelWarning = clock.after(warning, () => session.wire.signal("auth:expiring", { expiresAt }))
  let cancelEnd = (): void => undefined
  const end = (): void => {
    const left = expiresAt - clock.now()
    if (left > 0) cancelEnd = clock.after(left, end)
    else session.expire()
  }
  end()
  return () => {
    cancelWarning()
    cancelEnd()
  }
}
