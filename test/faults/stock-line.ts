/** A stock Socket.IO client as the protocol page tells clients to use it: it comes back whatever happens. */
import { io, type Socket } from "socket.io-client"
import { acknowledgement, type WireError, wireError } from "../acceptance/shapes.ts"

/** The hub answers `unavailable` within 6 s; later than this the connection is taken for dead. */
const ANSWER_MS = 10_000
const AGAIN_MS = 150

export type Answer =
  | { readonly kind: "ok"; readonly result: unknown }
  | { readonly kind: "refused"; readonly error: WireError }
  /** It may have happened. */
  | { readonly kind: "lost" }

export interface LineEvents {
  /** What the next handshake says. */
  auth(): Record<string, unknown>
  frame(name: string, body: unknown): void
  gone(): void
  /** A refused handshake: a stock client stays away then, this one comes again. */
  refused(error: WireError): void
  breach(what: string): void
}

export class Line {
  readonly #socket: Socket
  readonly #breach: (what: string) => void
  #away = true

  constructor(url: string, events: LineEvents) {
    this.#breach = events.breach
    this.#socket = io(url, {
      transports: ["websocket"],
      forceNew: true,
      autoConnect: false,
      reconnectionDelay: 100,
      reconnectionDelayMax: 1_000,
      timeout: 5_000,
      auth: (give) => give(events.auth()),
    })
    this.#socket.onAny((name: string, body: unknown) => events.frame(name, body))
    this.#socket.on("disconnect", (reason) => {
      events.gone()
      if (reason === "io server disconnect") this.#later(AGAIN_MS)
    })
    this.#socket.on("connect_error", (failure: Error & { data?: unknown }) => {
      if (failure.data === undefined) return
      const error = wireError.safeParse(failure.data)
      if (error.success) events.refused(error.data)
      else events.breach(`a refusal of another shape: ${JSON.stringify(failure.data)}`)
      this.#later(error.data?.retryAfterMs ?? AGAIN_MS)
    })
  }

  get connected(): boolean {
    return this.#socket.connected
  }

  open(): void {
    this.#away = false
    // Asked twice, it would present itself twice.
    if (!this.#socket.active) this.#socket.connect()
  }

  close(): void {
    this.#away = true
    this.#socket.disconnect()
  }

  /** As when the network goes: the client comes back by itself. */
  drop(): void {
    this.#socket.io.engine?.close()
  }

  #later(milliseconds: number): void {
    setTimeout(() => {
      if (!this.#away) this.open()
    }, milliseconds)
  }

  /** @param settle called in the turn in which the answer comes, so that what follows it on the wire meets its effect */
  ask(name: string, body: unknown, settle: (result: unknown) => void = () => {}): Promise<Answer> {
    return new Promise((resolve) => {
      if (!this.connected) return resolve({ kind: "lost" })
      const end = (answer: Answer): void => {
        clearTimeout(timer)
        this.#socket.off("disconnect", lost)
        resolve(answer)
      }
      const lost = (): void => end({ kind: "lost" })
      const timer = setTimeout(() => {
        end({ kind: "lost" })
        this.drop()
      }, ANSWER_MS)
      this.#socket.on("disconnect", lost)
      this.#socket.emit(name, body, (answer: unknown) => {
        const { data: ack } = acknowledgement.safeParse(answer)
        if (!ack) this.#breach(`an answer to ${name} of another shape: ${JSON.stringify(answer)}`)
        if (!ack) return end({ kind: "lost" })
        if (!ack.ok) return end({ kind: "refused", error: ack.error })
        settle(ack.result)
        end({ kind: "ok", result: ack.result })
      })
    })
  }
}
