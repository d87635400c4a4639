/** What all checks work with: the history, looked up in the ways in which they ask. */
import type { History, LossWindow, Send, Stored } from "../day-history.ts"

export interface Court {
  readonly history: History
  readonly byText: ReadonlyMap<string, Send>
  /** Every copy that lies with anybody. */
  readonly stored: ReadonlyMap<string, readonly (Stored & { readonly person: number })[]>
  readonly byId: ReadonlyMap<string, Stored>
  /**
   * The message of the history that this one is: by its id and position. What a fail-over took and a node then stored
   * again has its old id, and another position.
   */
  asStored(shown: Stored): Stored | undefined
  complain(what: string): void
}

export function openCourt(history: History, complain: (what: string) => void): Court {
  const stored = new Map<string, (Stored & { person: number })[]>()
  const byId = new Map<string, Stored>()
  for (const { person, messages } of history.found)
    for (const message of messages) {
      byId.set(message.id, message)
      const known = stored.get(message.text)
      if (known) known.push({ ...message, person })
      else stored.set(message.text, [{ ...message, person }])
    }
  const asStored = ({ id, position }: Stored): Stored | undefined => {
    const there = byId.get(id)
    return there?.position === position ? there : undefined
  }
  const byText = new Map(history.sends.map((send) => [send.text, send]))
  return { history, byText, stored, byId, asStored, complain }
}

export const during = (losses: readonly LossWindow[], from: number, to: number): boolean =>
  losses.some((loss) => from <= loss.to && to >= loss.from)

/** A fail-over may have lost it – it was stored some time before it was answered –, or the sign-in that brought its visitor to the person. */
export function mayBeLost({ losses, signIns }: History, { device, guise, invoked, acked }: Send): boolean {
  if (acked && during(losses, invoked, acked.at)) return true
  if (guise === "signed in") return false
  const brought = signIns.filter((one) => one.from === guise && one.device === device)
  return brought.some((one) => during(losses, one.invoked, one.acked ?? Number.POSITIVE_INFINITY))
}
