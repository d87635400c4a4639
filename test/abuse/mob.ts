/** Attackers of one place and what they did: who is cut comes back at once, as a loop in a script would. */
import { randomUUID } from "node:crypto"
import { setTimeout as delay } from "node:timers/promises"
import { claimsOf, type Key, mint } from "../acceptance/tokens.ts"
import { BURST_MS } from "./bounds.ts"
import { frame, Stranger, times } from "./stranger.ts"

export interface Assignment {
  readonly flood: string
  /** Where all its attackers come from: nobody did before. Bystanders come from elsewhere. */
  readonly address: string
  readonly url: string
  readonly appId: string
  readonly key: Key
  /** Signs tokens of agents: some floods are those of a colleague gone bad, or of whoever stole their token. */
  readonly agentKey: Key
  readonly adminToken: string
  readonly milliseconds: number
  /** The flood is over after so many frames, if it is over before its time. */
  readonly frames?: number
  readonly seed: number
  /** 1 for the whole suite, less for its short form: how many sockets or messages a flood prepares. */
  readonly scale: number
}

/** What the attackers themselves saw. */
export interface Deeds {
  frames: number
  bytes: number
  connections: number
  /** Those of them that were opened when what a place may have saved up is used. */
  connectionsLater: number
  /** Connections that never got as far as a `ready`. */
  refused: number
  /** Connections that the hub ended. */
  cuts: number
  /** From the first frame of a connection to its end; `undefined` if none was ever cut. */
  firstCutMs?: number
  received: number
  /** Answers that confess a bug of the hub's. */
  internal: number
}

const NONE: Deeds = {
  frames: 0,
  bytes: 0,
  connections: 0,
  connectionsLater: 0,
  refused: 0,
  cuts: 0,
  received: 0,
  internal: 0,
}

const PAUSE_MS = 20

export interface Guest {
  readonly stranger: Stranger
  readonly ready: {
    readonly sessionToken?: string
    readonly cursor: string
    readonly user: { readonly id: string }
  }
}

export const event = (name: string, body: unknown, ack: number | "" = 1): string =>
  `42/messaging,${ack}${JSON.stringify([name, body])}`

/** The same at an agent's console. */
export const order = (name: string, body: unknown): string => `42/agent,1${JSON.stringify([name, body])}`

export class Mob {
  readonly assignment: Assignment
  readonly deeds: Deeds = { ...NONE }
  #over = false
  #begun = Number.POSITIVE_INFINITY
  #url: string
  readonly #here = new Set<Stranger>()

  constructor(assignment: Assignment) {
    this.assignment = assignment
    this.#url = assignment.url
  }

  /** Whom they attack. */
  get url(): string {
    return this.#url
  }

  /** Begins to count: what was done before was preparation. @param url whom they attack from now on */
  begin(url: string): void {
    this.#url = url
    this.#begun = Date.now()
    Object.assign(this.deeds, NONE)
  }

  /** A connection is opened. */
  opens(): void {
    this.deeds.connections += 1
    if (Date.now() - this.#begun >= BURST_MS) this.deeds.connectionsLater += 1
  }

  get over(): boolean {
    return this.#over
  }

  /** All attackers stop; their connections stay until they are measured. */
  stop(): void {
    this.#over = true
    for (const stranger of this.#here) stranger.hurry()
  }

  leave(): void {
    for (const stranger of this.#here) {
      this.deeds.received += stranger.received
      stranger.end()
    }
  }

  /** A connection whose engine has said hello; nothing sent before would be heard. */
  async arrive(address = this.assignment.address, headers = ""): Promise<Stranger> {
    const stranger = new Stranger({ url: this.#url, address, headers })
    this.#here.add(stranger)
    this.opens()
    stranger.onText = (text) => {
      if (text.includes('"code":"internal"')) this.deeds.internal += 1
    }
    await stranger.text("0{")
    return stranger
  }

  /** A connection on which nothing is said yet but HTTP. */
  call(): Stranger {
    const stranger = new Stranger({ url: this.#url, plain: true })
    this.#here.add(stranger)
    this.opens()
    return stranger
  }

  /** A visitor of the shop, or the user whom the credentials name; `undefined` where the hub does not let them in. */
  async visit(credentials: object = {}, address = this.assignment.address): Promise<Guest | undefined> {
    const stranger = await this.arrive(address)
    const auth = {
      v: 1,
      appId: this.assignment.appId,
      channel: "web",
      deviceId: randomUUID(),
      ...credentials,
    }
    return this.#enter(stranger, "messaging", auth)
  }

  /** An agent's console, by a token that the host gave them. */
  async attend(more: object = {}, address = this.assignment.address): Promise<Guest | undefined> {
    const { appId, agentKey } = this.assignment
    const { external_id: _, ...claims } = claimsOf("", { scope: "agent", sub: "mallory", name: "Mallory" })
    const auth = { v: 1, appId, token: mint(agentKey, claims), ...more }
    return this.#enter(await this.arrive(address), "agent", auth)
  }

  async #enter(stranger: Stranger, namespace: string, auth: object): Promise<Guest | undefined> {
    await stranger.write(frame(`40/${namespace},${JSON.stringify(auth)}`))
    const text = await stranger.text([`42/${namespace},["ready",`, `44/${namespace},`])
    if (text === undefined || text.startsWith("44")) {
      this.deeds.refused += 1
      stranger.end()
      this.#here.delete(stranger)
      return undefined
    }
    const [, ready]: [string, Guest["ready"]] = JSON.parse(text.slice(text.indexOf("[")))
    return { stranger, ready }
  }

  /** One command and its answer. */
  async ask(stranger: Stranger, name: string, body: unknown): Promise<unknown> {
    const ack = Math.floor(Math.random() * 1e9)
    await stranger.write(frame(event(name, body, ack)))
    const answer = await stranger.text(`43/messaging,${ack}[`)
    if (answer === undefined) throw new Error(`no answer to ${name}`)
    return JSON.parse(answer.slice(answer.indexOf("[")))[0]
  }

  /** Blocks of frames until the hub ends the connection or the time is over. */
  async pour(stranger: Stranger, frames: number, block: () => Buffer): Promise<void> {
    const since = Date.now()
    for (let bytes = block(); !this.#over && (await stranger.write(bytes)); bytes = block()) {
      this.deeds.frames += frames
      this.deeds.bytes += bytes.length
      if (this.deeds.frames >= (this.assignment.frames ?? Number.POSITIVE_INFINITY)) this.stop()
    }
    if (this.#over || !stranger.ended) return
    this.deeds.cuts += 1
    this.deeds.firstCutMs ??= Date.now() - since
    this.deeds.received += stranger.received
    this.#here.delete(stranger)
  }

  /** The same frames again and again, so many to a write. */
  async repeat(stranger: Stranger, one: (n: number) => string, count = 100): Promise<void> {
    const block = times(count, one)
    await this.pour(stranger, count, () => block)
  }

  /** Other frames each time. */
  async invent(stranger: Stranger, one: (n: number) => string, count: number): Promise<void> {
    let n = 0
    await this.pour(stranger, count, () => times(count, () => one(n++)))
  }

  /** So many attackers at once, each of whom comes back as soon as they were cut. */
  async crowd(size: number, attack: (n: number) => Promise<void>): Promise<void> {
    const one = async (n: number): Promise<void> => {
      while (!this.#over) {
        await attack(n)
        if (!this.#over) await delay(PAUSE_MS)
      }
    }
    await Promise.all(Array.from({ length: size }, (_, n) => one(n)))
  }
}
