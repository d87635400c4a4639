/**
 * Judges a history by the promises P1 to P4 and by nothing else: no word of it asks how the hub works, or which faults
 * there were – only where a fail-over may have lost what was acknowledged. What is checked is in `checks/`.
 */
import { openCourt } from "./checks/court.ts"
import { kept } from "./checks/kept.ts"
import { ascending, sameDesks, sameStreams } from "./checks/order.ts"
import { nothingForeign, proven } from "./checks/privacy.ts"
import { shownIsStored } from "./checks/shown.ts"
import { viewsTrue } from "./checks/views.ts"
import type { History } from "./day-history.ts"

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
  /** Devices and consoles that show at the end what is gone, or lack what is there, or were told what is gone and no more. */
  readonly untold: number
  /** How often a device that had a cursor was told everything anew. */
  readonly resets: number
  /** What broke a promise, in words; empty: all were kept. */
  readonly complaints: readonly string[]
}

export function check(history: History): Verdict {
  const complaints: string[] = [...history.stuck]
  const court = openCourt(history, (what) => complaints.push(what))
  const { lost, doubled } = kept(court)
  const reordered = ascending(court) + sameStreams(court) + sameDesks(court)
  const leaked = nothingForeign(court)
  proven(court)
  const untold = viewsTrue(court) + shownIsStored(court)
  for (const { device, breaches } of history.streams)
    for (const breach of breaches.slice(0, 3)) complaints.push(`${device}: ${breach}`)
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
