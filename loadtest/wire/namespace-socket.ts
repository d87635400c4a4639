/**
 * One Socket.IO socket in one namespace. Two ways in: `emit` and `next` for what happens seldom, as any client has
 * them; `send` and the hooks of `Hot` for what is measured, without an object per packet.
 */
import { Connection, type Endpoint } from "./connection.ts"

export interface ClientTarget {
  readonly endpoint: Endpoint
  readonly namespace: string
  readonly auth: object
  readonly from?: string | undefined
}

/** A packet's JSON lies in `bytes` from `from` up to `to`, and only until the call returns. */
export interface Hot {
  event?: ((bytes: Buffer, from: number, to: number) => void) | undefined
  answer?: ((id: number, bytes: Buffer, from: number, to: number) => void) | undefined
  closed?: ((why: string) => void) | undefined
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

const TYPE = { connect: 0x30, event: 0x32, ack: 0x33, refused: 0x34 } as const
const ANSWER_DEADLINE_MS = 30_000
// Ids of `emit`, away from those that the hot path counts by itself.
const FIRST_SLOW_ID = 1_000_000_000

export class Client {
  readonly #connection: Connection
  readonly #prefix: string
  readonly #answers = new Map<number, Waiting>()
  readonly #events = new Map<string, Waiting[]>()
  #connecting: Waiting | undefined
  #slowId = FIRST_SLOW_ID
  #gone: string | undefined
  readonly hot: Hot

  private constructor(target: ClientTarget, hot: Hot, connecting: Waiting) {
    const { endpoint, namespace, auth, from } = target
    this.hot = hot
    this.#connecting = connecting
    this.#prefix = namespace === "/" ? "" : `${namespace},`
    this.#connection = new Connection(endpoint, from, {
      opened: () => this.#connection.send(`40${this.#prefix}${JSON.stringify(auth)}`),
      packet: (bytes, start, end) => this.#take(bytes, start, end),
      closed: (why) => this.#close(why),
    })
  }

  /** Connected, and, if an event is named, that event has come; its body is the second of the pair. */
  static async open(
    target: ClientTarget,
    ready: string | undefined,
    hot: Hot = {},
  ): Promise<[Client, unknown]> {
    // Assigned within the executor, which runs at once.
    let client: Client | undefined
    let first: Promise<unknown> = Promise.resolve(undefined)
    await new Promise<unknown>((resolve, reject) => {
      client = new Client(target, hot, { resolve, reject })
      if (ready !== undefined) first = client.next(ready)
      first.catch(() => undefined)
    })
    if (!client) throw new Error("No client was made.")
    return [client, await first]
  }

  /** A command and its answer, within a deadline. */
  emit(event: string, body: object): Promise<unknown> {
    const id = this.#slowId++
    const answer = this.#wait(event, (waiting) => this.#answers.set(id, waiting))
    this.send(id, JSON.stringify([event, body]))
    return answer
  }

  /** The next event of this name. */
  next(event: string): Promise<unknown> {
    return this.#wait(event, (waiting) => {
      this.#events.set(event, [...(this.#events.get(event) ?? []), waiting])
    })
  }

  /** `json` is the array of the event's name and its body; the answer goes to `hot.answer`. */
  send(id: number, json: string): void {
    this.#connection.send(`42${this.#prefix}${id}${json}`)
  }

  pause(): void {
    this.#connection.pause()
  }

  destroy(): void {
    this.#connection.destroy()
    this.#close("destroyed")
  }

  #wait(what: string, add: (waiting: Waiting) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== undefined) return reject(new Error(`${what}: ${this.#gone}`))
      const late = () => reject(new Error(`${what}: nothing within ${ANSWER_DEADLINE_MS} ms`))
      const timer = setTimeout(late, ANSWER_DEADLINE_MS)
      add({
        resolve: (value) => {
          clearTimeout(timer)
          resolve(value)
        },
        reject: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      })
    })
  }

  #take(bytes: Buffer, from: number, to: number): void {
    const type = bytes[from + 1]
    let at = from + 2 + this.#prefix.length
    if (type === TYPE.event) {
      this.hot.event?.(bytes, at, to)
      if (this.#events.size > 0) this.#tell(bytes, at, to)
    } else if (type === TYPE.ack) {
      let id = 0
      for (let digit = bytes[at] ?? 0; digit >= 0x30 && digit <= 0x39; digit = bytes[++at] ?? 0)
        id = id * 10 + digit - 0x30
      const waiting = this.#answers.get(id)
      if (waiting) {
        this.#answers.delete(id)
        // The boundary: whatever the server said.
        waiting.resolve((JSON.parse(bytes.toString("utf8", at, to)) as unknown[])[0])
      } else {
        this.hot.answer?.(id, bytes, at, to)
      }
    } else if (type === TYPE.connect) {
      this.#connecting?.resolve(undefined)
      this.#connecting = undefined
    } else if (type === TYPE.refused) {
      const why = bytes.toString("utf8", at, to)
      this.#connection.destroy()
      this.#close(`refused: ${why}`)
    }
  }

  #tell(bytes: Buffer, from: number, to: number): void {
    const end = bytes.indexOf(0x22, from + 2)
    const name = bytes.toString("utf8", from + 2, end)
    const waiting = this.#events.get(name)
    if (!waiting) return
    this.#events.delete(name)
    const [, body] = JSON.parse(bytes.toString("utf8", from, to)) as unknown[]
    for (const one of waiting) one.resolve(body)
  }

  #close(why: string): void {
    if (this.#gone !== undefined) return
    this.#gone = why
    const all = [...this.#answers.values(), ...[...this.#events.values()].flat()]
    if (this.#connecting) all.push(this.#connecting)
    this.#connecting = undefined
    this.#answers.clear()
    this.#events.clear()
    for (const waiting of all) waiting.reject(new Error(why))
    this.hot.closed?.(why)
  }
}
