/**
 * As much of Socket.IO's client as the SDK uses, a fifth of its size: one namespace over one WebSocket, events as JSON,
 * acknowledgements with a time limit. The builds put it in the place of `stock-socket.ts` where a browser is to run them:
 * the widget, and the package's files for browsers. The SDK reconnects, so there is none of that here.
 *
 * The protocol: https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/.
 */
import { MESSAGING } from "../protocol/socket-events.ts"
import { hubAddress } from "./hub-address.ts"

type Listener = (...data: never[]) => void
type Acknowledge = (error: Error | null, answer?: unknown) => void

interface Waiting {
  readonly done: Acknowledge
  readonly timer: ReturnType<typeof setTimeout>
}

/** The first sign of a packet: Engine.IO's kind, and after `message` Socket.IO's. */
const OPEN = "0"
const CLOSE = "1"
const PING = "2"
const PONG = "3"
const CONNECT = "40"
const DISCONNECT = "41"
const EVENT = "42"
const ACK = "43"
const CONNECT_ERROR = "44"

/** Stands before the data of each packet. */
const NAMESPACE = `${MESSAGING},`

class PlainSocket {
  readonly #url: string
  readonly #auth: object
  readonly #listeners = new Map<string, Listener>()
  readonly #waiting = new Map<number, Waiting>()
  #socket: WebSocket | undefined
  #heartbeat: ReturnType<typeof setTimeout> | undefined
  #silenceMs = 45_000
  #lastId = 0
  connected = false

  constructor(url: string, auth: object) {
    this.#url = url
    this.#auth = auth
  }

  on(name: string, listener: Listener): void {
    this.#listeners.set(name, listener)
  }

  removeAllListeners(): void {
    this.#listeners.clear()
  }

  connect(): void {
    let socket: WebSocket
    try {
      const { origin, path } = hubAddress(this.#url)
      socket = new WebSocket(`${origin.replace(/^http/, "ws")}${path}/socket.io/?EIO=4&transport=websocket`)
    } catch (error) {
      // An address that is none, or an insecure one in a secure page. Later, as every other failure.
      queueMicrotask(() => this.#tell("connect_error", error))
      return
    }
    this.#socket = socket
    socket.onmessage = ({ data }) => {
      try {
        this.#hear(String(data))
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        this.#end("parse error")
      }
    }
    socket.onclose = () => this.#end("transport close")
    // A browser notices a lost network long before the line is silent for too long.
    addEventListener("offline", this.#onOffline)
    this.#listen()
  }

  disconnect(): void {
    if (this.connected) this.#send(DISCONNECT)
    this.#end("io client disconnect")
  }

  timeout(ms: number) {
    return {
      emit: (name: string, body: unknown, done: Acknowledge): void => {
        this.#lastId += 1
        const id = this.#lastId
        const timer = setTimeout(() => this.#answer(id, new Error("operation has timed out")), ms)
        this.#waiting.set(id, { done, timer })
        this.#send(EVENT, `${id}${JSON.stringify([name, body])}`)
      },
    }
  }

  #hear(packet: string): void {
    this.#listen()
    if (packet[0] === OPEN) {
      const { pingInterval, pingTimeout }: Record<string, number> = JSON.parse(packet.slice(1))
      this.#silenceMs = (pingInterval ?? 0) + (pingTimeout ?? 0)
      this.#send(CONNECT, JSON.stringify(this.#auth))
    } else if (packet === PING) this.#socket?.send(PONG)
    else if (packet === CLOSE) this.#end("transport close")
    else if (packet.startsWith(NAMESPACE, 2)) this.#message(packet)
  }

  #message(packet: string): void {
    const text = packet.slice(2 + NAMESPACE.length)
    switch (packet.slice(0, 2)) {
      case CONNECT:
        this.connected = true
        break
      case DISCONNECT:
        this.#end("io server disconnect")
        break
      case CONNECT_ERROR: {
        const { message, data }: { message: string; data?: unknown } = JSON.parse(text)
        this.#tell("connect_error", Object.assign(new Error(message), { data }))
        break
      }
      case EVENT: {
        const [name, ...data]: [string, ...unknown[]] = JSON.parse(text)
        this.#tell(name, ...data)
        break
      }
      case ACK: {
        const start = text.indexOf("[")
        this.#answer(Number(text.slice(0, start)), null, JSON.parse(text.slice(start))[0])
      }
    }
  }

  #answer(id: number, error: Error | null, answer?: unknown): void {
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    waiting.done(error, answer)
  }

  #tell(name: string, ...data: readonly unknown[]): void {
    // The boundary: what the hub sends, as its protocol says.
    const listener = this.#listeners.get(name) as ((...data: readonly unknown[]) => void) | undefined
    listener?.(...data)
  }

  #send(kind: string, text = ""): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(kind + NAMESPACE + text)
  }

  /** A hub that is silent for longer than a ping takes is gone. */
  #listen(): void {
    clearTimeout(this.#heartbeat)
    this.#heartbeat = setTimeout(() => this.#end("ping timeout"), this.#silenceMs)
  }

  readonly #onOffline = (): void => this.#end("transport close")

  #end(reason: string): void {
    const socket = this.#socket
    if (!socket) return
    this.#socket = undefined
    clearTimeout(this.#heartbeat)
    removeEventListener("offline", this.#onOffline)
    socket.onclose = null
    socket.onmessage = null
    socket.close()
    const was = this.connected
    this.connected = false
    for (const id of [...this.#waiting.keys()]) this.#answer(id, new Error("socket has been disconnected"))
    if (was) this.#tell("disconnect", reason)
    else this.#tell("connect_error", new Error("websocket error"))
  }
}

export const openSocket = (url: string, auth: object): PlainSocket => new PlainSocket(url, auth)
