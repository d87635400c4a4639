/**
 * Those who only want to be served: a person who writes, a colleague who writes elsewhere in the shop, an agent whose
 * console is open, and health checks.
 */
import { randomUUID } from "node:crypto"
import { io, type Socket } from "socket.io-client"
import {
  AGENT,
  type AgentToServerEvents,
  type ClientToServerEvents,
  MESSAGING,
  type NamespaceName,
  type ServerToAgentEvents,
  type ServerToClientEvents,
} from "../../src/protocol/socket-events.ts"
import { claimsOf, type Key, mint } from "../acceptance/tokens.ts"
import { BURST_MS } from "./bounds.ts"

const EVERY_MS = 100
/** A person who waits longer has gone. */
const GIVE_UP_MS = 10_000

export interface Felt {
  /** Milliseconds from a send to its acknowledgement; who was never answered felt their whole patience. */
  readonly median: number
  readonly worst: number
  readonly sends: number
  readonly unanswered: number
  /** Milliseconds until `/health/live` answered. */
  readonly live: number
  /** Frames a second that the agent's console received, as long as a burst lasts and after it. */
  readonly received: { readonly first: number; readonly later: number }
}

type DeviceSocket = Socket<ServerToClientEvents, ClientToServerEvents>
type AgentSocket = Socket<ServerToAgentEvents, AgentToServerEvents>

export class Bystanders {
  readonly #url: string
  readonly #people: DeviceSocket[] = []
  #agent: AgentSocket | undefined
  /** When each frame came. */
  #received: number[] = []

  constructor(url: string) {
    this.#url = url
  }

  async arrive(appId: string, userKey: Key, agentKey: Key): Promise<void> {
    const visitor = { v: 1, appId, channel: "web", deviceId: randomUUID() }
    const member = { ...visitor, deviceId: randomUUID(), jwt: mint(userKey, claimsOf("bystander")) }
    this.#people.push(
      await this.#open<DeviceSocket>(MESSAGING, visitor, "203.0.113.10"),
      await this.#open<DeviceSocket>(MESSAGING, member, "203.0.113.20"),
    )
    const { external_id: _, ...claims } = claimsOf("")
    const token = mint(agentKey, { ...claims, scope: "agent", sub: "ada", name: "Ada" })
    this.#agent = await this.#open<AgentSocket>(AGENT, { v: 1, appId, token }, "203.0.113.30")
    this.#agent.onAny(() => {
      this.#received.push(performance.now())
    })
  }

  async feel(milliseconds: number, over?: AbortSignal): Promise<Felt> {
    const since = performance.now()
    const sends: Promise<number>[] = []
    const lives: Promise<number>[] = []
    this.#received = []
    const beats = Math.round(milliseconds / EVERY_MS)
    await new Promise<void>((resolve) => {
      let beat = 0
      const timer = setInterval(() => {
        const person = this.#people[beat % this.#people.length]
        if (person) sends.push(send(person))
        lives.push(live(this.#url))
        beat += 1
        if (beat < beats && !over?.aborted) return
        clearInterval(timer)
        resolve()
      }, EVERY_MS)
    })
    const received = perSecond(this.#received, since, performance.now())
    const took = (await Promise.all(sends)).sort((a, b) => a - b)
    return {
      median: took[Math.floor(took.length / 2)] ?? GIVE_UP_MS,
      worst: took.at(-1) ?? GIVE_UP_MS,
      sends: took.length,
      unanswered: took.filter((ms) => ms >= GIVE_UP_MS).length,
      live: Math.max(...(await Promise.all(lives))),
      received,
    }
  }

  leave(): void {
    for (const socket of [...this.#people, this.#agent]) socket?.disconnect()
  }

  #open<S extends Socket>(namespace: NamespaceName, auth: object, address: string): Promise<S> {
    const socket = io(`${this.#url}${namespace}`, {
      transports: ["websocket"],
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      auth: { ...auth },
      extraHeaders: { "x-forwarded-for": address },
    })
    return new Promise((resolve, reject) => {
      socket.once("ready", () => resolve(socket as S))
      socket.once("connect_error", reject)
    })
  }
}

/** A shorter time is a burst as a whole. */
function perSecond(came: readonly number[], since: number, until: number): Felt["received"] {
  const between = (from: number, to: number): number =>
    (came.filter((at) => at >= from && at < to).length * 1000) / (to - from)
  const burst = Math.min(until, since + BURST_MS)
  return { first: between(since, burst), later: until > burst ? between(burst, until) : 0 }
}

async function send(person: DeviceSocket): Promise<number> {
  const since = performance.now()
  const body = { localId: randomUUID(), content: { type: "text", text: "Is my parcel on its way?" } } as const
  try {
    const { ok } = await person.timeout(GIVE_UP_MS).emitWithAck("message:send", body)
    return ok ? performance.now() - since : GIVE_UP_MS
  } catch {
    return GIVE_UP_MS
  }
}

/** Milliseconds until the hub said that it lives. */
export async function live(url: string): Promise<number> {
  const since = performance.now()
  try {
    const answer = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(GIVE_UP_MS) })
    await answer.text()
    return answer.ok ? performance.now() - since : GIVE_UP_MS
  } catch {
    return GIVE_UP_MS
  }
}
