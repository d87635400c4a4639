/**
 * Rooms of some devices that write to each other: in a closed loop (each sender has `window` messages in flight) or in an open
 * one (`perSecond` for all rooms together). Checks every delivery.
 */
import { sum } from "../../check/verdict.ts"
import { resolveDialect } from "../../dialects/resolve.ts"
import { each } from "../connect-many.ts"
import { Room } from "../device-room.ts"
import type { Address, Progress, RoomsResult, Tell } from "../job.ts"
import { Meter } from "../meter.ts"
import { Pace } from "../pace.ts"

export interface RoomsParams {
  readonly address: Address
  readonly run: string
  readonly first: number
  readonly rooms: number
  readonly devices: number
  /** How many of a room's devices write. */
  readonly senders: number
  readonly window: number
  readonly characters: number
  /** Of an open loop; `undefined`: closed. */
  readonly perSecond?: number
  /** How long to wait for what is outstanding at the end. */
  readonly drainMs: number
}

const REPORT_MS = 250
const LOOK_MS = 50

export type RoomsJob = {
  go(): void
  measure(): void
  /** Since `measure`; the load goes on. */
  measured(): Progress
  stop(): Promise<RoomsResult>
}

export async function rooms(given: unknown, tell: Tell): Promise<RoomsJob> {
  // The boundary: the bench and this file are of one version.
  const params = given as RoomsParams
  const dialect = await resolveDialect(params.address.dialect)
  const meter = new Meter()
  const all = await each(params.rooms, (index) =>
    Room.open({ ...params, dialect, meter, room: params.first + index }),
  )
  const pace = params.perSecond === undefined ? undefined : openLoop(all, params.perSecond)
  const reporting = setInterval(() => tell(meter.take()), REPORT_MS)

  return {
    go() {
      if (pace) pace.start()
      else for (const room of all) room.loop()
    },
    measure() {
      pace?.late.clear()
      meter.begin()
    },
    measured: () => meter.end(),
    async stop(): Promise<RoomsResult> {
      const measured = meter.end()
      pace?.stop()
      for (const room of all) room.halt()
      const end = Date.now() + params.drainMs
      while (all.some((room) => !room.settled) && Date.now() < end)
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      clearInterval(reporting)
      const verdict = sum(all.map((room) => room.verdict()))
      for (const room of all) room.close()
      return {
        ...measured,
        verdict,
        rows: all.map((room) => room.row()),
        lateMs: pace?.late.quantile(0.99) ?? 0,
      }
    },
  }
}

function openLoop(all: readonly Room[], perSecond: number): Pace {
  let turn = 0
  return new Pace(perSecond, (intended) => {
    all[turn++ % all.length]?.sendNext(intended)
  })
}
