/**
 * Judges a history by the promises P1 to P4 and by nothing else: no word of it asks how the hub works, or which faults
 * there were – only where a fail-over may have lost what was acknowledged.
 */
import type { FinalView, Guise, History, Send, Shown, Stored, Stream } from "./history.ts"

export interface Verdict {
  readonly sent: number
  readonly acked: number
  /** Messages told to devices as they came, and events told to consoles: each was checked. */
  readonly deliveries: number
  /** Acknowledged and gone, where a fail-over may have lost it; fine if everybody was told. */
  readonly lost: number
  readonly doubled: number
  readonly reordered: number
  readonly leaked: number
  /** Devices that at the end show what is gone, or lack what is there. */
  readonly untold: number
  /** How often a device that had a cursor was told everything anew. */
  readonly resets: number
  /** What broke a promise, in words; empty: all were kept. */
  readonly complaints: readonly string[]
}

interface Court {
  readonly history: History
  readonly byText: ReadonlyMap<string, Send>
  /** Where each text lies at the end. */
  readonly stored: ReadonlyMap<string, readonly (Stored & { readonly person: number })[]>
  complain(what: string): void
}

export function check(history: History): Verdict {
  const complaints: string[] = [...history.stuck]
  const stored = new Map<string, (Stored & { person: number })[]>()
  for (const { person, messages } of history.found)
    for (const message of messages) {
      const known = stored.get(message.text)
      if (known) known.push({ ...message, person })
      else stored.set(message.text, [{ ...message, person }])
    }
  const court: Court = {
    history,
    byText: new Map(history.sends.map((send) => [send.text, send])),
    stored,
    complain: (what) => complaints.push(what),
  }
  const { lost, doubled } = kept(court)
  const reordered = ascending(court) + sameStreams(court) + denseDesks(court)
  const leaked = nothingForeign(court)
  proven(court)
  const untold = viewsTrue(court)
  wellFormed(court)
  const shown = history.streams.flatMap((stream) => stream.shown)
  return {
    sent: history.sends.length,
    acked: history.sends.filter(({ acked }) => acked).length,
    deliveries: deliveriesOf(history),
    lost,
    doubled,
    reordered,
    leaked,
    untold,
    resets: shown.filter((one) => one.kind === "state" && one.fallback).length,
    complaints,
  }
}

function deliveriesOf({ streams, desks }: History): number {
  const devices = streams.flatMap(({ shown }) => shown.filter((one) => one.kind === "event" && one.message))
  const consoles = desks.flatMap(({ shown }) => shown.filter(({ kind }) => kind === "event"))
  return devices.length + consoles.length
}

/** [P1] [P3] Acknowledged is stored exactly once, as what was acknowledged; and nothing is stored that was not sent. */
function kept({ history, byText, stored, complain }: Court): { lost: number; doubled: number } {
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

/** A fail-over may have lost it, or the sign-in that brought its visitor to the person. */
function mayBeLost({ losses, signIns }: History, { device, guise, acked }: Send): boolean {
  const during = (from: number, to: number) => losses.some((loss) => from <= loss.to && to >= loss.from)
  if (acked && during(acked.at, acked.at)) return true
  if (guise === "signed in") return false
  const brought = signIns.filter((one) => one.from === guise && one.device === device)
  return brought.some((one) => during(one.invoked, one.acked ?? Number.POSITIVE_INFINITY))
}

/** [P2] One order: as each device sent, and as each device was told, so it is stored. */
function ascending({ history, stored, complain }: Court): number {
  let reordered = 0
  const positionOf = (text: string): string | undefined => {
    const copies = stored.get(text)
    return copies?.length === 1 ? copies[0]?.position : undefined
  }
  const rising = (whose: string, texts: readonly string[]): void => {
    let last: { text: string; position: string } | undefined
    for (const text of texts) {
      const position = positionOf(text)
      if (position === undefined) continue
      if (last && position <= last.position) {
        reordered += 1
        complain(`[P2] reordered: ${whose} had ${text} after ${last.text}, the history has it before`)
      }
      last = { text, position }
    }
  }
  const sentBy = new Map<string, string[]>()
  for (const { by, acked, device, text } of history.sends)
    if (by === "user" && acked) sentBy.set(device, [...(sentBy.get(device) ?? []), text])
  for (const [device, texts] of sentBy) rising(`${device} as sender`, texts)
  for (const stream of history.streams)
    for (const epoch of epochsOf(stream))
      rising(
        stream.device,
        epoch.flatMap((event) => (event.message ? [event.message.text] : [])),
      )
  return reordered
}

type Event = Extract<Shown, { kind: "event" }>

/** The events between two full states, and of one user. */
function epochsOf({ shown }: Stream): Event[][] {
  const epochs: Event[][] = [[]]
  for (const one of shown) {
    if (one.kind === "state") epochs.push([])
    else {
      if (epochs.at(-1)?.at(-1) && epochs.at(-1)?.at(-1)?.userId !== one.userId) epochs.push([])
      epochs.at(-1)?.push(one)
    }
  }
  return epochs
}

/** [P2] Each device hears the feed without a hole or a repeat, and every device hears the same. */
function sameStreams({ history, complain }: Court): number {
  let wrong = 0
  const told = new Map<string, { print: string; device: string }>()
  const at = new Map<string, string>()
  const object = (what: string): void => {
    wrong += 1
    complain(`[P2] ${what}`)
  }
  for (const stream of history.streams)
    for (const epoch of epochsOf(stream)) {
      let last: Event | undefined
      for (const event of epoch) {
        const { userId, offset, cursor, print } = event
        if (last && offset !== last.offset + 1)
          object(`${stream.device} heard ${offset} after ${last.offset} of ${userId}`)
        last = event
        const same = told.get(`${userId} ${cursor}`)
        if (same && same.print !== print)
          object(`${stream.device} and ${same.device} heard different things at ${offset} of ${userId}`)
        told.set(`${userId} ${cursor}`, { print, device: stream.device })
        // After a lost tail the numbers go on with other events; else a number names one event.
        const known = at.get(`${userId} ${offset}`)
        if (known !== undefined && known !== cursor && history.losses.length === 0)
          object(`${offset} of ${userId} is two events`)
        at.set(`${userId} ${offset}`, cursor)
      }
    }
  return wrong
}

function denseDesks({ history, complain }: Court): number {
  let wrong = 0
  for (const { desk, shown } of history.desks) {
    const last = new Map<number, number>()
    for (const one of shown) {
      if (one.kind === "state") {
        last.clear()
        continue
      }
      const before = last.get(one.partition)
      if (before !== undefined && one.offset !== before + 1) {
        wrong += 1
        complain(`[P2] ${desk} heard ${one.offset} after ${before} of partition ${one.partition}`)
      }
      last.set(one.partition, one.offset)
    }
  }
  return wrong
}

/** [P2] [P4] Nothing is shown to, or stored with, any user but its own; a visitor sees what that visit has said and was told. */
function nothingForeign({ history, byText, stored, complain }: Court): number {
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
      for (const text of one.texts)
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
function proven({ history, byText, complain }: Court): void {
  for (const { person, externalId, record, messages } of history.found) {
    if (record.externalId !== externalId || !record.authenticated)
      complain(`[P4] person ${person} signs in as ${externalId}, and the record says ${record.externalId}`)
    for (const { text, authenticated } of messages) {
      const send = byText.get(text)
      if (!send || send.by === "agent") continue
      const wanted = provenWhenSent(history, send)
      if (wanted !== undefined && wanted !== authenticated)
        complain(`[P4] ${text} is stored ${authenticated ? "" : "not "}as proven`)
    }
  }
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

/** [P2] At rest every device shows what a fresh one is told: what was lost has been told, what is there is shown. */
function viewsTrue({ history, byText, complain }: Court): number {
  let untold = 0
  for (const view of history.views) {
    const said = falsehood(view, byText)
    if (said === undefined) continue
    untold += 1
    complain(`[P2] untold: ${view.device} ${said}`)
  }
  return untold
}

function falsehood(
  { shows, fetched, differs }: FinalView,
  byText: ReadonlyMap<string, Send>,
): string | undefined {
  const [shown, there] = [new Set(shows), new Set(fetched)]
  const gone = shows.find((text) => !there.has(text))
  if (gone !== undefined) return `shows ${gone}, which is ${byText.get(gone)?.acked ? "lost" : "not stored"}`
  const missing = fetched.find((text) => !shown.has(text))
  if (missing !== undefined) return `does not show ${missing}`
  if (shows.length !== shown.size) return "shows a message twice"
  const at = shows.findIndex((text, index) => text !== fetched[index])
  if (at >= 0) return `shows ${shows[at]} where ${fetched[at]} should be`
  return differs === undefined ? undefined : `differs in ${differs}`
}

function wellFormed({ history, complain }: Court): void {
  for (const { device, breaches } of history.streams)
    for (const breach of breaches.slice(0, 3)) complain(`${device}: ${breach}`)
}
