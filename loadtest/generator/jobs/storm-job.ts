/** Everybody comes back at once: devices hear something, go, miss something, return and must be told exactly what they missed. */
import { type Counts, Histogram } from "../../check/histogram.ts"
import { textOf } from "../../check/key.ts"
import { CLEAN, sum, type Verdict } from "../../check/verdict.ts"
import type { Comeback, Dialect } from "../../dialects/dialect.ts"
import { resolveDialect } from "../../dialects/resolve.ts"
import { Client } from "../../wire/namespace-socket.ts"
import { addressOf, each, endpointOf } from "../connect-many.ts"
import type { Address } from "../job.ts"
import { missedVerdict } from "../missed.ts"

export interface StormParams {
  readonly address: Address
  readonly run: string
  readonly rooms: number
  readonly devices: number
  /** Written before anybody goes. */
  readonly before: number
  readonly missed: number
  readonly characters: number
  readonly atOnce: number
}

export interface Return {
  readonly devices: number
  readonly seconds: number
  /** From the first packet to the last missed message in hand. */
  readonly waits: Counts
  readonly full: number
  readonly verdict: Verdict
}

export type StormJob = {
  /** Everybody was there, has heard the beginning, and is gone. */
  settle(): Promise<void>
  /** What the others will have missed is written. */
  write(): Promise<void>
  comeBack(): Promise<Return>
}

export async function storm(given: unknown): Promise<StormJob> {
  // The boundary: the bench and this file are of one version.
  const params = given as StormParams
  const dialect = await resolveDialect(params.address.dialect)
  const { comeback } = dialect
  if (!comeback) throw new Error("This dialect has no way to catch up.")
  const { rooms, devices, before, missed, atOnce } = params
  const markers: string[] = []

  return {
    async settle() {
      await each(rooms, (room) => write(params, dialect, room, 0, before))
      await each(rooms * devices, async (index) => {
        const { room, device } = placeOf(params, index)
        const [client, ready] = await arrive(params, dialect, room, dialect.device(room, device))
        markers[index] = comeback.markOf(ready)
        client.destroy()
      })
    },

    write: async () => {
      await each(rooms, (room) => write(params, dialect, room, before, missed))
    },

    async comeBack() {
      const waits = new Histogram()
      const began = performance.now()
      const verdicts: Verdict[] = []
      const back: Client[] = []
      let full = 0
      await each(
        rooms * devices,
        async (index) => {
          const at = performance.now()
          const [client, found] = await returnOf(params, dialect, comeback, index, markers[index] ?? "")
          waits.record(performance.now() - at)
          back.push(client)
          verdicts.push(found.verdict)
          if (found.full) full += 1
        },
        atOnce,
      )
      const seconds = (performance.now() - began) / 1000
      for (const client of back) client.destroy()
      return { devices: rooms * devices, seconds, waits: waits.counts(), full, verdict: sum(verdicts) }
    },
  }
}

const placeOf = ({ devices }: StormParams, index: number): { room: number; device: number } => ({
  room: Math.floor(index / devices),
  // Device 0 is the one that writes.
  device: 1 + (index % devices),
})

function arrive(
  { address }: StormParams,
  { namespace, ready }: Dialect,
  room: number,
  auth: object,
): Promise<[Client, unknown]> {
  const endpoint = endpointOf(address.endpoints, room, 0)
  return Client.open({ endpoint, namespace, auth, from: addressOf(endpoint, room) }, ready)
}

async function returnOf(
  params: StormParams,
  dialect: Dialect,
  comeback: Comeback,
  index: number,
  mark: string,
): Promise<[Client, { full: boolean; verdict: Verdict }]> {
  const { run, before, missed } = params
  const { room, device } = placeOf(params, index)
  const [client, ready] = await arrive(params, dialect, room, comeback.device(room, device, mark))
  const { events, full } = await comeback.missed(client, ready)
  const verdict = missedVerdict(events, { run, room, from: before, count: missed })
  return [client, { full, verdict: full ? { ...verdict, refused: 1 } : verdict }]
}

/** The room's writer comes, writes one message after the other, and goes. */
async function write(
  params: StormParams,
  dialect: Dialect,
  room: number,
  from: number,
  count: number,
): Promise<Verdict> {
  const { run, characters } = params
  const [client] = await arrive(params, dialect, room, dialect.device(room, 0))
  for (let n = from; n < from + count; n++) {
    // The boundary: the dialect's own array of event and body.
    const [event, body] = JSON.parse(
      dialect.send(`${run}-${n}`, textOf({ run, room, sender: 0, n }, characters)),
    ) as [string, object]
    const answer = await client.emit(event, body)
    if (Reflect.get(Object(answer), "ok") !== true)
      throw new Error(`A send was refused: ${JSON.stringify(answer)}`)
  }
  client.destroy()
  return CLEAN
}
