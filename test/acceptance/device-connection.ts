/**
 * The connection of an end user's device: a stock Socket.IO client as section 3 describes it, that awaits with
 * deadlines, keeps every frame, and judges each one against the shapes and the rules of the feed.
 */
import { io, type Socket } from "socket.io-client"
import {
  acknowledgement,
  type FeedEvent,
  type FrameName,
  frames,
  isFrame,
  type Message,
  results,
  type State,
  type WireError,
  wireError,
} from "./shapes.ts"
import { textOf, View } from "./view.ts"
import { DEADLINE, judge, Waiters } from "./waiters.ts"

const FRAME_BYTES = 256 * 1024

export interface Connection {
  url: string
  appId: string
  channel?: string
  deviceId?: string
  sessionToken?: string
  jwt?: string
  cursor?: string
  info?: Record<string, unknown>
  /** Anything the handshake should not have, or should have otherwise. */
  auth?: Record<string, unknown>
  headers?: Record<string, string>
  /** Comes back by itself as a stock client does; off unless the test is about that. */
  reconnection?: boolean
  /** The offset that belongs to `cursor`, so that what follows can be checked for holes. */
  offset?: number
}

export interface Frame {
  name: string
  body: unknown
}

/** What the hub answered instead of doing it. */
export class Refused extends Error {
  readonly error: WireError
  constructor(error: WireError) {
    super(`${error.code}: ${error.message}`)
    this.error = error
  }
}

/** The result of a command that the hub did. @throws Refused */
export function granted(answer: unknown): unknown {
  const ack = acknowledgement.parse(answer)
  if (!ack.ok) throw new Refused(ack.error)
  return ack.result
}

/** The refusal of a command that must not succeed. */
export function refusal(name: string, answer: unknown): WireError {
  const ack = acknowledgement.parse(answer)
  if (ack.ok) throw new Error(`${name} succeeded: ${JSON.stringify(ack.result).slice(0, 300)}`)
  return ack.error
}

type EventOf<T extends FeedEvent["type"]> = Extract<FeedEvent, { type: T }>

export class DeviceConnection {
  readonly socket: Socket
  readonly view = new View()
  readonly frames: Frame[] = []
  readonly events: FeedEvent[] = []
  readonly breaches: string[] = []
  readonly tokens: string[] = []
  onEvent: (userId: string, event: FeedEvent) => void = () => {}
  /** The latest state, whether it came as `ready` or in an ack. */
  state: State | undefined
  readonly connection: Connection
  refusal: WireError | undefined
  disconnects = 0
  #silenced: string | undefined
  #awaitsReady = true
  readonly #waiters = new Waiters(() => this.#seen())

  constructor(connection: Connection) {
    this.connection = connection
    if (connection.offset !== undefined) this.view.offset = connection.offset
    this.socket = io(`${connection.url}/messaging`, {
      transports: ["websocket"],
      forceNew: true,
      autoConnect: false,
      reconnection: connection.reconnection ?? false,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      auth: (give) => give(this.#auth()),
      ...(connection.headers && { extraHeaders: connection.headers }),
    })
    this.socket.onAny((name: string, ...args: unknown[]) => this.#receive(name, args))
    this.socket.on("disconnect", () => {
      this.#awaitsReady = true
      this.disconnects += 1
      this.#waiters.wake()
    })
    this.socket.on("connect_error", (failure: Error & { data?: unknown }) => {
      if (failure.data !== undefined)
        this.#refuse(judge(this.breaches, "connect_error", wireError, failure.data))
      this.#waiters.wake()
    })
  }

  /** 3.1: a stock client stays away after a refusal; a retryable one is for the caller to try again. */
  #refuse(error: WireError | undefined): void {
    const again = this.connection.reconnection && error?.retryable && this.state !== undefined
    if (again) setTimeout(() => this.socket.connect(), error.retryAfterMs ?? 100)
    else this.refusal = error
  }

  /** Until its first `ready` has arrived. Throws `Refused` where the hub refuses. */
  async open(): Promise<this> {
    this.socket.connect()
    await this.until(
      `ready at ${this.connection.url}`,
      () => this.state !== undefined || this.refusal !== undefined,
    )
    if (this.refusal) throw new Refused(this.refusal)
    return this
  }

  #auth(): Record<string, unknown> {
    const { appId, channel = "web", deviceId, sessionToken, jwt, cursor, info, auth } = this.connection
    const now = this.state
      ? { sessionToken: this.state.sessionToken, cursor: this.view.cursor, deviceId: this.state.device.id }
      : { sessionToken, cursor, deviceId }
    const all = { v: 1, appId, channel, jwt, info, ...now, ...auth }
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  }

  #receive(name: string, args: unknown[]): void {
    const body = args[0]
    this.frames.push({ name, body })
    if (args.length !== 1) this.breaches.push(`${name} carries ${args.length} arguments`)
    if (Buffer.byteLength(JSON.stringify(args)) > FRAME_BYTES)
      this.breaches.push(`3.1 ${name} is above 256 KB`)
    if (!isFrame(name)) this.breaches.push(`${name} is no event of the protocol`)
    else if (name === "ready") this.#introduce(judge(this.breaches, name, frames.ready, body))
    else if (name === "event") this.#apply(judge(this.breaches, name, frames.event, body))
    else this.#signal(name, body)
    this.#waiters.wake()
  }

  #introduce(state: State | undefined): void {
    if (!state) return
    this.state = state
    this.#awaitsReady = false
    this.#silenced = undefined
    if (state.sessionToken) this.tokens.push(state.sessionToken)
    for (const event of this.view.introduce(state)) this.#record(event)
  }

  #apply(event: FeedEvent | undefined): void {
    if (this.#awaitsReady) this.breaches.push("3.1 an event before the ready")
    if (this.#silenced) this.breaches.push(`[P4] an event after ${this.#silenced}`)
    if (!event) return
    this.view.apply(event)
    this.#record(event)
  }

  #record(event: FeedEvent): void {
    this.events.push(event)
    this.onEvent(this.view.user?.id ?? "", event)
  }

  #signal(name: Exclude<FrameName, "ready" | "event">, body: unknown): void {
    judge<unknown>(this.breaches, name, frames[name], body)
    if (this.#awaitsReady) this.breaches.push(`3.1 ${name} before the ready`)
    if (this.#silenced && name === "typing") this.breaches.push(`[P4] ${name} after ${this.#silenced}`)
    if (name === "auth:expired" || name === "auth:required" || name === "auth:revoked") this.#silenced = name
  }

  /** Waits until something is so, and no longer than the deadline. */
  until(what: string, matches: () => boolean, deadline = DEADLINE): Promise<void> {
    return this.#waiters.until(what, matches, deadline)
  }

  #seen(): string {
    const last = this.frames
      .slice(-8)
      .map(({ name, body }) => `${name} ${JSON.stringify(body)?.slice(0, 160)}`)
    return [...last, ...this.breaches].join(" | ")
  }

  /** The first frame of this name, past or to come. */
  async signal(name: string, deadline = DEADLINE): Promise<unknown> {
    const find = (): Frame | undefined => this.frames.find((frame) => frame.name === name)
    await this.until(name, () => find() !== undefined, deadline)
    return find()?.body
  }

  /** The first feed event of this type that fits, past or to come. */
  async event<T extends FeedEvent["type"]>(
    type: T,
    fits: (data: EventOf<T>["data"]) => boolean = () => true,
  ): Promise<EventOf<T>> {
    const is = (event: FeedEvent): event is EventOf<T> =>
      event.type === type && fits(event.data as EventOf<T>["data"])
    const find = () => this.events.find(is)
    await this.until(type, () => find() !== undefined)
    const found = find()
    if (!found) throw new Error(`${type} vanished`)
    return found
  }

  /** The message with this text, as the feed told it. */
  async hears(text: string): Promise<Message> {
    const event = await this.event("conversation:message", ({ message }) => textOf(message) === text)
    return event.data.message
  }

  /** Waits until the view, by whatever road, holds this text. */
  async shows(text: string): Promise<void> {
    await this.until(`"${text}" in the view`, () => this.view.shows(text))
  }

  async ready(reason: State["reason"]): Promise<State> {
    await this.until(`ready ${reason}`, () => this.state?.reason === reason)
    if (!this.state) throw new Error("no state")
    return this.state
  }

  /** Emits anything with an ack and gives back what the ack got. */
  async raw(name: string, ...args: unknown[]): Promise<unknown> {
    return await new Promise((resolve, reject) => {
      this.socket.timeout(DEADLINE).emit(name, ...args, (late: Error | null, ...answers: unknown[]) => {
        if (late) return reject(new Error(`no ack of ${name} within ${DEADLINE} ms; seen: ${this.#seen()}`))
        if (answers.length !== 1) this.breaches.push(`2 the ack of ${name} got ${answers.length} arguments`)
        this.#settle(name, answers[0])
        resolve(answers[0])
      })
    })
  }

  /** In the very turn in which the ack arrives, so that events after it meet the new feed. */
  #settle(name: string, answer: unknown): void {
    if (Buffer.byteLength(JSON.stringify(answer) ?? "") > FRAME_BYTES)
      this.breaches.push(`3.1 ${name}: above 256 KB`)
    const ack = judge(this.breaches, `ack of ${name}`, acknowledgement, answer)
    if (!ack?.ok) return
    if (name !== "login" && name !== "logout") return
    const result = judge(this.breaches, `result of ${name}`, results.logout.loose(), ack.result)
    this.#introduce(result?.state)
    this.#waiters.wake()
  }
}
