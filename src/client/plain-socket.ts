/**
 * As much of Socket.IO's client as the SDK uses, a fifth of its size: one namespace over one WebSocket, events as JSON,
 * acknowledgements with a time limit. The builds put it in the place of `stock-socket.ts` where a `WebSocket` is sure to be:
 * the widget, and the package's files for browsers and React Native. The SDK reconnects, so there is none of that here.
 *
 * The protocol: https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/.
 */
import { MESSAGING } from "../protocol/socket-events.ts"
import { hubAddress } from "./hub-address.ts"

type Listener = (...data: never[]) => void
/** Without an answer there was none in time, or the connection ended. */
type Acknowledge = (error: null, answer?: unknown) => void

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

interface PlainSocket {
  readonly connected: boolean
  on(name: string, listener: Listener): void
  removeAllListeners(): void
  connect(): void
  disconnect(): void
  timeout(ms: number): { emit(name: string, body: unknown, done: Acknowledge): void }
}

export function openSocket(url: string, auth: object): PlainSocket {
  const listeners = new Map<string, Listener>()
  const waiting = new Map<number, Waiting>()
  let socket: WebSocket | undefined
  let heartbeat: ReturnType<typeof setTimeout> | undefined
  let silenceMs = 45_000
  let lastId = 0
  let connected = false

  const tell = (name: string, ...data: readonly unknown[]): void => {
    // The boundary: what the hub sends, as its protocol says.
    const listener = listeners.get(name) as ((...data: readonly unknown[]) => void) | undefined
    listener?.(...data)
  }

  const send = (kind: string, text = ""): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(kind + NAMESPACE + text)
  }

  const answer = (id: number, answered?: unknown): void => {
    const { done, timer } = waiting.get(id) ?? {}
    waiting.delete(id)
    clearTimeout(timer)
    done?.(null, answered)
  }

  const onOffline = (): void => end("transport close")

  const end = (reason: string): void => {
    if (!socket) return
    const over = socket
    const was = connected
    socket = undefined
    connected = false
    clearTimeout(heartbeat)
    globalThis.removeEventListener?.("offline", onOffline)
    over.onclose = null
    over.onmessage = null
    over.close()
    for (const id of waiting.keys()) answer(id)
    if (was) tell("disconnect", reason)
    else tell("connect_error", new Error("websocket error"))
  }

  /** A hub that is silent for longer than a ping takes is gone. */
  const listen = (): void => {
    clearTimeout(heartbeat)
    heartbeat = setTimeout(() => end("ping timeout"), silenceMs)
  }

  const hear = (packet: string): void => {
    listen()
    if (packet[0] === OPEN) {
      const { pingInterval = 0, pingTimeout = 0 }: Record<string, number> = JSON.parse(packet.slice(1))
      silenceMs = pingInterval + pingTimeout
      send(CONNECT, JSON.stringify(auth))
    } else if (packet === PING) socket?.send(PONG)
    else if (packet === CLOSE) onOffline()
    else if (packet.startsWith(NAMESPACE, 2)) message(packet.slice(0, 2), packet.slice(2 + NAMESPACE.length))
  }

  const message = (kind: string, text: string): void => {
    if (kind === CONNECT) connected = true
    else if (kind === DISCONNECT) end("io server disconnect")
    else if (kind === CONNECT_ERROR) tell("connect_error", JSON.parse(text))
    else if (kind === EVENT) {
      const [name, ...data]: [string, ...unknown[]] = JSON.parse(text)
      tell(name, ...data)
    } else if (kind === ACK) {
      const start = text.indexOf("[")
      answer(Number(text.slice(0, start)), JSON.parse(text.slice(start))[0])
    }
  }

  return {
    get connected() {
      return connected
    },
    on: (name, listener) => void listeners.set(name, listener),
    removeAllListeners: () => listeners.clear(),
    connect() {
      try {
        const { origin, path } = hubAddress(url)
        socket = new WebSocket(`${origin.replace(/^http/, "ws")}${path}/socket.io/?EIO=4&transport=websocket`)
      } catch (error) {
        // An address that is none, or an insecure one in a secure page. Later, as every other failure.
        return queueMicrotask(() => tell("connect_error", error))
      }
      socket.onmessage = ({ data }) => {
        try {
          hear(String(data))
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error
          end("parse error")
        }
      }
      socket.onclose = onOffline
      // A browser notices a lost network long before the line is silent for too long; React Native has no such event.
      globalThis.addEventListener?.("offline", onOffline)
      listen()
    },
    disconnect() {
      if (connected) send(DISCONNECT)
      end("io client disconnect")
    },
    timeout: (ms) => ({
      emit(name, body, done) {
        lastId += 1
        const id = lastId
        const timer = setTimeout(() => answer(id), ms)
        waiting.set(id, { done, timer })
        send(EVENT, `${id}${JSON.stringify([name, body])}`)
      },
    }),
  }
}
