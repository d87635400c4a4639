import { type Court, mayBeLost } from "./court.ts"

/** [P1] [P3] Acknowledged is stored exactly once, as what was acknowledged; and nothing is stored that was not sent. */
export function kept({ history, byText, stored, complain }: Court): { lost: number; doubled: number } {
  let [lost, doubled] = [0, 0]
  for (const send of history.sends) {
    const copies = stored.get(send.text) ?? []
    if (copies.length > 1) {
      doubled += 1
      complain(`[P1] doubled: ${send.text} is stored ${copies.length} times`)
    }
    // What a fail-over lost can no longer be answered.
    const gone = send.by === "agent" && history.losses.length > 0
    if (send.refused && !gone) complain(`[P1] refused for good: ${send.text}: ${send.refused}`)
    if (!send.acked) {
      if (!send.refused) complain(`[P1] never answered: ${send.text}`)
      continue
    }
    const excused = mayBeLost(history, send)
    if (copies.length === 0) {
      lost += 1
      if (!excused) complain(`[P1] lost: ${send.text} was acknowledged as ${send.acked.messageId}`)
    } else if (!excused && copies.every(({ id }) => id !== send.acked?.messageId)) {
      complain(
        `[P1] ${send.text} was acknowledged as ${send.acked.messageId} and is stored as ${copies[0]?.id}`,
      )
    }
  }
  for (const text of stored.keys()) if (!byText.has(text)) complain(`[P1] invented: ${text}`)
  return { lost, doubled }
}
