/** Agents who watch all rooms, and a check of what the first of them sees: every one sees the same or has the same number. */
import { ConsoleCheck, type RoomRow } from "../../check/console-check.ts"
import { type Key, readKey } from "../../check/key.ts"
import { sum, type Verdict } from "../../check/verdict.ts"
import { resolveDialect } from "../../dialects/resolve.ts"
import { Client } from "../../wire/namespace-socket.ts"
import { addressOf, each, endpointOf } from "../connect-many.ts"
import type { Address, Job } from "../job.ts"

export interface ConsolesParams {
  readonly address: Address
  readonly run: string
  readonly agents: number
}

/** Away from the addresses of the rooms. */
const FIRST_OFFICE = 50_000
const CATCH_UP_MS = 15_000
const LOOK_MS = 50

export async function consoles(given: unknown): Promise<Job> {
  // The boundary: the bench and this file are of one version.
  const { address, run, agents } = given as ConsolesParams
  const dialect = await resolveDialect(address.dialect)
  const { console } = dialect
  if (!console) throw new Error("This dialect knows no consoles.")
  const checks = Array.from({ length: agents }, () => new ConsoleCheck())
  const delivery = Buffer.from(dialect.delivery)
  let broken = 0
  const key: Key = { run: "", room: 0, sender: 0, n: 0 }
  await each(agents, async (agent) => {
    const endpoint = endpointOf(address.endpoints, agent, 0)
    const check = checks[agent]
    const from = addressOf(endpoint, FIRST_OFFICE + agent)
    const target = { endpoint, namespace: console.namespace, auth: console.agent(agent), from }
    const [client] = await Client.open(target, console.ready, {
      event: (bytes, from, to) => {
        if (!readKey(bytes, from, to, delivery, key)) return
        if (key.run === run) check?.received(key.room, key.sender, key.n)
        else check?.strange()
      },
      closed: () => {
        broken += 1
      },
    })
    return client
  })

  return {
    /** @param rows what the devices saw */
    async stop(rows: unknown): Promise<Verdict> {
      // The boundary, as above.
      const seen = rows as readonly RoomRow[]
      const expected = seen.reduce((all, { length }) => all + length, 0)
      const end = Date.now() + CATCH_UP_MS
      while (checks.some((check) => check.length < expected) && Date.now() < end)
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      return { ...sum(checks.map((check) => ({ ...check.verdict(seen), refused: 0 }))), refused: broken }
    },
  }
}
