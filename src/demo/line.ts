/** A connection to the hub, for each device and the console: a stock Socket.IO client, and a deadline on everything. */
import { io, type Socket } from "socket.io-client"
import type { Clock } from "../lib/clock.ts"
import type { AgentAuth } from "../protocol/agent.ts"
import type { Ack } from "../protocol/commands.ts"
import type { MessagingAuth } from "../protocol/handshake.ts"
import type { AGENT, Bodies, Emitted, MESSAGING, NamespaceName, Results } from "../protocol/socket-events.ts"

const DEADLINE_MS = 5_000

interface Auths {
  readonly [MESSAGING]: MessagingAuth
  readonly [AGENT]: AgentAuth
}

export class DemoLine<N extends NamespaceName> {
  readonly name: string
  readonly #clock: Clock
  readonly #socket: Socket
  readonly #waiters = new Set<() => void>()
  #refusal: Error | undefined

  constructor(name: string, socket: Socket, clock: Clock) {
    this.name = name
    this.#clock = clock
    this.#socket = socket
    // A stock client does not try again after a refusal, so waiting calls are rejected with it.
    socket.once("connect_error", (error) => {
      this.#refusal = new Error(`${name} was refused: ${error.message}`)
      this.#wake()
    })
  }

  static to<N extends NamespaceName>(
    namespace: N,
    { name, url, auth, clock }: { name: string; url: string; auth: Auths[N]; clock: Clock },
  ): DemoLine<N> {
    const socket = io(`${url}${namespace}`, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
      auth: { ...auth },
    })
    return new DemoLine(name, socket, clock)
  }

  /** The boundary: the hub emits under this name what its table defines. */
  on<E extends string & keyof Emitted[N]>(name: E, hear: (said: Emitted[N][E]) => void): void {
    this.#socket.on(name as string, (said: Emitted[N][E]) => {
      hear(said)
      this.#wake()
    })
  }

  /** The boundary, likewise: an acknowledgement carries what the table of commands defines. */
  async ask<C extends string & keyof Bodies[N] & keyof Results[N]>(name: C, body: Bodies[N][C]) {
    const ack = (await this.#socket.timeout(DEADLINE_MS).emitWithAck(name, body)) as Ack<Results[N][C]>
    if (!ack.ok) throw new Error(`${this.name}: ${name}: ${ack.error.message}`)
    return ack.result
  }

  /** Resolves as soon as a received event makes it true. */
  async until(what: string, holds: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error): void => {
        this.#waiters.delete(look)
        cancel()
        if (error) reject(error)
        else resolve()
      }
      const look = (): void => {
        if (this.#refusal) done(this.#refusal)
        else if (holds()) done()
      }
      const late = () => done(new Error(`${this.name} ${what}: not within ${DEADLINE_MS} ms`))
      const cancel = this.#clock.after(DEADLINE_MS, late)
      this.#waiters.add(look)
      look()
    })
  }

  close(): void {
    this.#socket.disconnect()
  }

  #wake(): void {
    for (const look of [...this.#waiters]) look()
  }
}
