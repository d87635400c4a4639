/** [P2] [P4] Who was shown what, and who is proven to be whom. */
import type { Guise, History, Send } from "../day-history.ts"
import type { Court } from "./court.ts"

/** Nothing is shown to, or stored with, any user but its own; a visitor sees what that visit has said and was told. */
export function nothingForeign({ history, byText, stored, complain }: Court): number {
  let leaked = 0
  const leak = (what: string): void => {
    leaked += 1
    complain(`[P4] leaked: ${what}`)
  }
  const foreign = (person: number, device: string, guise: Guise, text: string): boolean => {
    const send = byText.get(text)
    if (!send) return true
    if (send.person !== person) return true
    return guise !== "signed in" && (send.guise !== guise || send.device !== device)
  }
  for (const { device, person, shown } of history.streams)
    for (const one of shown)
      for (const { text } of one.messages)
        if (foreign(person, device, one.guise, text)) leak(`${device} (${one.guise}) was shown ${text}`)
  for (const [text, copies] of stored)
    for (const { person } of copies)
      if (byText.get(text) && byText.get(text)?.person !== person) leak(`${text} lies with person ${person}`)
  for (const { device, texts } of history.revisits)
    for (const { text, authenticated } of texts)
      if (authenticated || byText.get(text)?.guise === "signed in" || history.losses.length === 0)
        leak(`the old anonymous session of ${device} was shown ${text}`)
  return leaked
}

/** [P4] Proven is who presented a token and whose record says so; and a merge proves nothing later. */
export function proven({ history, byText, complain }: Court): void {
  for (const { person, userId, externalId, record, messages } of history.found) {
    if (record.externalId !== externalId || !record.authenticated)
      complain(`[P4] person ${person} signs in as ${externalId}, and the record says ${record.externalId}`)
    for (const { text, authenticated } of messages) {
      const send = byText.get(text)
      if (!send || send.by === "agent") continue
      const wanted = provenWhenSent(history, send)
      if (wanted !== undefined && wanted !== authenticated)
        complain(`[P4] ${text} is stored ${authenticated ? "" : "not "}as proven`)
    }
    // Who was lost in a fail-over is made anew.
    if (history.losses.length === 0)
      for (const other of signedInAs(history, person))
        if (other !== userId) complain(`[P4] person ${person} is ${userId}, and was signed in as ${other}`)
  }
}

function signedInAs({ streams }: History, person: number): Set<string> {
  const shown = streams.filter((one) => one.person === person).flatMap((one) => one.shown)
  return new Set(shown.flatMap(({ guise, userId }) => (guise === "signed in" ? [userId] : [])))
}

/** `undefined`: a sign-in was under way, it may be either. */
function provenWhenSent({ signIns }: History, send: Send): boolean | undefined {
  if (send.guise === "signed in") return true
  const under = signIns.some(
    (one) => one.device === send.device && one.from === send.guise && one.invoked <= ends(send),
  )
  return under ? undefined : false
}

const ends = (send: Send): number => send.acked?.at ?? Number.POSITIVE_INFINITY
