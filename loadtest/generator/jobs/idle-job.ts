/** Connections that come, stay and say nothing. */
import { type Counts, Histogram } from "../../check/histogram.ts"
import { CLEAN, type Verdict } from "../../check/verdict.ts"
import { resolveDialect } from "../../dialects/resolve.ts"
import { Client } from "../../wire/namespace-socket.ts"
import { addressOf, each, endpointOf } from "../connect-many.ts"
import type { Address } from "../job.ts"

export interface IdleParams {
  readonly address: Address
  readonly signedIn: boolean
  readonly atOnce: number
}

export interface Arrival {
  readonly connected: number
  readonly seconds: number
  readonly waits: Counts
}

export type IdleJob = {
  /** Opens that many more connections. */
  connect(count: unknown): Promise<Arrival>
  /** All of them go. */
  leave(): void
  verdict(): Verdict
}

export async function idle(given: unknown): Promise<IdleJob> {
  // The boundary: the bench and this file are of one version.
  const { address, signedIn, atOnce } = given as IdleParams
  const dialect = await resolveDialect(address.dialect)
  let clients: Client[] = []
  let came = 0
  let broken = 0
  let leaked = 0
  const delivery = Buffer.from(dialect.delivery)

  const open = async (number: number): Promise<Client> => {
    const auth = signedIn ? dialect.device(number, 0) : dialect.visitor(number)
    if (!auth) throw new Error("This dialect knows no visitors.")
    const endpoint = endpointOf(address.endpoints, number, 0)
    const target = { endpoint, namespace: dialect.namespace, auth, from: addressOf(endpoint, number) }
    const [client] = await Client.open(target, dialect.ready, {
      // There are no writers here: what is delivered was meant for others.
      event: (bytes, from, to) => {
        const at = bytes.indexOf(delivery, from)
        if (at !== -1 && at < to) leaked += 1
      },
      closed: () => {
        broken += 1
      },
    })
    return client
  }

  return {
    async connect(count) {
      const waits = new Histogram()
      const began = performance.now()
      const more = await each(
        Number(count),
        async () => {
          const at = performance.now()
          const client = await open(came++)
          waits.record(performance.now() - at)
          return client
        },
        atOnce,
      )
      clients.push(...more)
      const seconds = (performance.now() - began) / 1000
      return { connected: more.length, seconds, waits: waits.counts() }
    },
    leave() {
      for (const client of clients) {
        client.hot.closed = undefined
        client.destroy()
      }
      clients = []
    },
    verdict: () => ({ ...CLEAN, leaked, refused: broken }),
  }
}
