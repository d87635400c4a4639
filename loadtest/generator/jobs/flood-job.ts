/** Strangers with a loop: each kind of attack over one connection, which comes back whenever it is cut. */
import { HubPeople } from "../hub-people.ts"
import type { Address } from "../job.ts"

export interface FloodParams {
  readonly address: Address
}

export interface FloodOrder {
  readonly kind: FloodKind
  readonly seconds: number
}

export interface Flooded {
  readonly packets: number
  readonly connections: number
  /** How often the hub cut the connection or refused the handshake. */
  readonly cut: number
}

export type FloodJob = { flood(order: unknown): Promise<Flooded> }

export type FloodKind = (typeof FLOOD_KINDS)[number]
export const FLOOD_KINDS = ["sends", "broken", "pages", "logins", "unknown", "typing", "handshakes"] as const

/** Unanswered packets of one attacker: more would only fill their own buffer. */
const IN_FLIGHT = 200
const FROM = 4_000

/** What is sent, again and again; the answer does not matter. */
const PACKETS: Readonly<Record<Exclude<FloodKind, "handshakes">, (n: number) => readonly [string, object]>> =
  {
    sends: (n) => [
      "message:send",
      { localId: `flood-${n}`, content: { type: "text", text: "x".repeat(4000) } },
    ],
    broken: () => ["message:send", { wrong: Array.from({ length: 6000 }, () => ({ a: 1 })) }],
    pages: () => ["conversation:list", { limit: 100 }],
    logins: () => ["login", { jwt: FORGED }],
    unknown: (n) => [`no-such-command-${n % 10}`, {}],
    typing: (n) => [n % 2 === 0 ? "typing:start" : "typing:stop", { conversationId: "con_none" }],
  }
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")
const FORGED = `${part({ alg: "HS256", kid: "no-such-key" })}.${part({ scope: "user", external_id: "x", exp: 4e9 })}.${"A".repeat(43)}`

export async function flood(given: unknown): Promise<FloodJob> {
  // The boundary: the bench and this file are of one version.
  const { address } = given as FloodParams
  const people = new HubPeople(address)
  return {
    flood(order) {
      const { kind, seconds } = order as FloodOrder
      const end = performance.now() + seconds * 1000
      return kind === "handshakes" ? handshakes(people, end) : packets(people, PACKETS[kind], end)
    },
  }
}

async function packets(
  people: HubPeople,
  packet: (n: number) => readonly [string, object],
  end: number,
): Promise<Flooded> {
  let sent = 0
  let connections = 0
  let cut = 0
  while (performance.now() < end) {
    let waiting = 0
    let gone = false
    const hot = {
      answer: () => {
        waiting -= 1
      },
      closed: () => {
        gone = true
      },
    }
    const found = await people.visitor(FROM, {}, hot).catch(() => undefined)
    connections += 1
    if (found) {
      const [client] = found
      while (!gone && performance.now() < end) {
        for (; waiting < IN_FLIGHT && !gone; waiting++) {
          client.send(sent, JSON.stringify(packet(sent)))
          sent += 1
        }
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      if (gone) cut += 1
      else client.destroy()
    } else {
      cut += 1
    }
    // No real attacker is stopped by a pause, but without one this process only measures itself.
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { packets: sent, connections, cut }
}

/** Comes and goes, as fast as it is let in. */
async function handshakes(people: HubPeople, end: number): Promise<Flooded> {
  let connections = 0
  let cut = 0
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      connections += 1
      const found = await people.visitor(FROM).catch(() => undefined)
      if (found) found[0].destroy()
      else {
        cut += 1
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
  }
  await Promise.all(Array.from({ length: 20 }, one))
  return { packets: connections, connections, cut }
}
