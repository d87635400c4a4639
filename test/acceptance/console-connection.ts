/**
 * The connection of an agent's console: a stock Socket.IO client on `/agent` that awaits with deadlines, keeps
 * every frame, and judges each against the shapes and the rules of the agents' feed.
 */
import { io, type Socket } from "socket.io-client"
import {
  type AgentEvent,
  type AgentEventOf,
  type AgentFrameName,
  type AgentMessage,
  type AgentState,
  agentFrames,
  agentResults,
  isAgentFrame,
  type Partition,
  type Ticket,
} from "./agent-shapes.ts"
import { ConsoleView } from "./agent-view.ts"
import { type Frame, Refused } from "./device-connection.ts"
import { acknowledgement, type WireError, wireError } from "./shapes.ts"
import { DEADLINE, judge, Waiters } from "./waiters.ts"

const FRAME_BYTES = 256 * 1024

export interface Seat {
  url: string
  appId: string
  token: string
  cursor?: string
  /** The offsets that belong to `cursor`, so that what follows can be checked for holes. */
  positions?: ReadonlyMap<Partition, number>
  /** Anything the handshake should not have, or should have otherwise. */
  auth?: Record<string, unknown>
}

export class ConsoleConnection {
  readonly socket: Socket
  readonly seat: Seat
  readonly view = new ConsoleView()
  readonly frames: Frame[] = []
  readonly events: AgentEvent[] = []
  readonly breaches: string[] = []
  onEvent: (event: AgentEvent) => void = () => {}
  state: AgentState | undefined
  refusal: WireError | undefined
  disconnects = 0
  #silenced: string | undefined
  #awaitsReady = true
  readonly #waiters = new Waiters(() => this.#seen())

  constructor(seat: Seat) {
    this.seat = seat
    const { appId, token, cursor } = seat
    for (const [partition, offset] of seat.positions ?? []) this.view.positions.set(partition, offset)
    const auth = Object.entries({ v: 1, appId, token, cursor, ...seat.auth })
    this.socket = io(`${seat.url}/agent`, {
      transports: ["websocket"],
      forceNew: true,
      autoConnect: false,
      reconnection: false,
      auth: Object.fromEntries(auth.filter(([, value]) => value !== undefined)),
    })
    this.socket.onAny((name: string, ...args: unknown[]) => this.#receive(name, args))
    this.socket.on("disconnect", () => {
      this.disconnects += 1
      this.#awaitsReady = true
      this.#waiters.wake()
    })
    this.socket.on("connect_error", (failure: Error & { data?: unknown }) => {
      if (failure.data !== undefined)
        this.refusal = judge(this.breaches, "connect_error", wireError, failure.data)
      else this.breaches.push(`3.1 a refusal without data: ${failure.message}`)
      this.#waiters.wake()
    })
  }

  /** Until its `ready` has arrived. Throws `Refused` where the hub refuses. */
  async open(): Promise<this> {
    this.socket.connect()
    const failed = () => this.refusal !== undefined || this.breaches.length > 0
    await this.until("ready on /agent", () => this.state !== undefined || failed())
    if (this.refusal) throw new Refused(this.refusal)
    if (!this.state) throw new Error(this.breaches.join("; "))
    return this
  }

  #receive(name: string, args: unknown[]): void {
    const body = args[0]
    this.frames.push({ name, body })
    if (args.length !== 1) this.breaches.push(`${name} carries ${args.length} arguments`)
    if (Buffer.byteLength(JSON.stringify(args)) > FRAME_BYTES)
      this.breaches.push(`3.1 ${name} is above 256 KB`)
    if (!isAgentFrame(name)) this.breaches.push(`${name} is no event of /agent`)
    else if (name === "ready") this.#introduce(judge(this.breaches, name, agentFrames.ready, body))
    else if (name === "event") this.#apply(judge(this.breaches, name, agentFrames.event, body))
    else this.#signal(name, body)
    this.#waiters.wake()
  }

  #introduce(state: AgentState | undefined): void {
    if (!state) return
    this.state = state
    this.#awaitsReady = false
    this.#silenced = undefined
    for (const event of this.view.introduce(state)) this.#record(event)
  }

  #apply(event: AgentEvent | undefined): void {
    if (this.#awaitsReady) this.breaches.push("3.1 an event before the ready")
    if (this.#silenced) this.breaches.push(`[P4] an event after ${this.#silenced}`)
    if (!event) return
    this.view.apply(event)
    this.#record(event)
  }

  #record(event: AgentEvent): void {
    this.events.push(event)
    this.onEvent(event)
  }

  #signal(name: Exclude<AgentFrameName, "ready" | "event">, body: unknown): void {
    judge<unknown>(this.breaches, name, agentFrames[name], body)
    if (this.#awaitsReady) this.breaches.push(`3.1 ${name} before the ready`)
    if (this.#silenced && (name === "typing" || name === "presence"))
      this.breaches.push(`[P4] ${name} after ${this.#silenced}`)
    if (name === "auth:expired" || name === "auth:revoked") this.#silenced = name
  }

  /** Waits until something is so, and no longer than the deadline. */
  until(what: string, matches: () => boolean, deadline = DEADLINE): Promise<void> {
    return this.#waiters.until(what, matches, deadline)
  }

  #seen(): string {
    const last = this.frames
      .slice(-8)
      .map(({ name, body }) => `${name} ${JSON.stringify(body)?.slice(0, 240)}`)
    return [...last, ...this.breaches, ...this.view.breaches].join(" | ")
  }

  /** The first frame of this name that fits, past or to come. */
  async signal(
    name: AgentFrameName,
    fits: (body: Record<string, unknown>) => boolean = () => true,
    deadline = DEADLINE,
  ): Promise<unknown> {
    const is = (frame: Frame): boolean => frame.name === name && fits(frame.body as Record<string, unknown>)
    const find = (): Frame | undefined => this.frames.find(is)
    await this.until(name, () => find() !== undefined, deadline)
    return find()?.body
  }

  /** The first event of this type that fits, past or to come, at or after `from` in the list of events. */
  async event<T extends AgentEvent["type"]>(
    type: T,
    fits: (data: AgentEventOf<T>["data"]) => boolean = () => true,
    from = 0,
  ): Promise<AgentEventOf<T>> {
    const is = (event: AgentEvent): event is AgentEventOf<T> =>
      event.type === type && fits(event.data as AgentEventOf<T>["data"])
    const find = (): AgentEventOf<T> | undefined => this.events.slice(from).find(is)
    await this.until(type, () => find() !== undefined)
    const found = find()
    if (!found) throw new Error(`${type} vanished`)
    return found
  }

  async hears(text: string): Promise<AgentMessage> {
    const says = ({ content }: AgentMessage): boolean => content.type === "text" && content.text === text
    return (await this.event("conversation:message", ({ message }) => says(message))).data.message
  }

  /** Waits until the ticket, as the events tell it, is so. */
  async ticket(ticketId: string, fits: (ticket: Ticket) => boolean): Promise<Ticket> {
    const find = (): Ticket | undefined => {
      const ticket = this.view.tickets.get(ticketId)
      return ticket && fits(ticket) ? ticket : undefined
    }
    await this.until(`${ticketId} as wanted`, () => find() !== undefined)
    const found = find()
    if (!found) throw new Error(`${ticketId} vanished`)
    return found
  }

  /** Emits anything with an ack and gives back what the ack got. */
  async raw(name: string, ...args: unknown[]): Promise<unknown> {
    return await new Promise((resolve, reject) => {
      this.socket.timeout(DEADLINE).emit(name, ...args, (late: Error | null, ...answers: unknown[]) => {
        if (late) return reject(new Error(`no ack of ${name} within ${DEADLINE} ms; seen: ${this.#seen()}`))
        if (answers.length !== 1) this.breaches.push(`2 the ack of ${name} got ${answers.length} arguments`)
        this.#settle(name, args[0], answers[0])
        resolve(answers[0])
      })
    })
  }

  /** In the very turn in which the ack arrives, so that what comes after it meets what it changed. */
  #settle(name: string, body: unknown, answer: unknown): void {
    if (Buffer.byteLength(JSON.stringify(answer) ?? "") > FRAME_BYTES)
      this.breaches.push(`3.1 ${name}: above 256 KB`)
    const ack = judge(this.breaches, `ack of ${name}`, acknowledgement, answer)
    if (!ack?.ok) return
    if (name === "watch" && (body as { scope?: unknown }).scope === "all") {
      this.view.filtered = false
      this.view.loosen()
    }
    if (name !== "login") return
    this.view.loosen()
    this.#silenced = undefined
    this.#introduce(judge(this.breaches, "result of login", agentResults.login, ack.result)?.state)
    this.#waiters.wake()
  }
}
