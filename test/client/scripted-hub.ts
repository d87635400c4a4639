/**
 * A Socket.IO server that plays the hub by a script: for what a real hub does only when something breaks – lost
 * acknowledgements, holes, refusals. The client under test is whole, and so is the wire.
 */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Server, type Socket } from "socket.io"
import { onTestFinished } from "vitest"
import {
  type Client,
  type ClientEvents,
  type ClientOptions,
  createClient,
  memoryStorage,
} from "../../src/client/client.ts"
import type { WireError } from "../../src/protocol/errors.ts"
import type { MessagingAuth, State } from "../../src/protocol/handshake.ts"
import type { Message } from "../../src/protocol/model.ts"
import { MESSAGING, type ServerToClientEvents } from "../../src/protocol/socket-events.ts"
import { said, state } from "./sample-views.ts"

// What a script receives is whatever the client sends.
type Said = Record<string, unknown>
type Reply = { ok: true; result: unknown } | { ok: false; error: WireError } | "silence"

export const refusal = (code: WireError["code"], retryable = false): { ok: false; error: WireError } => ({
  ok: false,
  error: { code, message: code, retryable },
})

/** It hears whatever comes, and says only what a hub says. */
type Hears = Record<string, (...args: unknown[]) => void>
export type HubSocket = Socket<Hears, ServerToClientEvents, Hears, State>

export class Stage {
  readonly url: string
  readonly handshakes: MessagingAuth[] = []
  readonly commands: { name: string; body: Said }[] = []
  readonly stored: Message[] = []
  /** What a handshake is answered with; by default a visitor's empty state. */
  onHandshake: (auth: MessagingAuth, attempt: number) => State | WireError = () =>
    state([], { sessionToken: "session" })
  /** What a command is answered with; by default sends are stored once per localId and everything else is done. */
  answer: (name: string, body: Said, socket: HubSocket) => Reply | undefined = () => undefined
  socket: HubSocket | undefined

  constructor(url: string, io: Server<Hears, ServerToClientEvents, Hears, State>) {
    this.url = url
    const messaging = io.of(MESSAGING)
    messaging.use((socket, next) => {
      // The handshake is the client's word; the script judges it.
      this.handshakes.push(socket.handshake.auth as MessagingAuth)
      const admitted = this.onHandshake(socket.handshake.auth as MessagingAuth, this.handshakes.length)
      if ("code" in admitted) next(Object.assign(new Error(admitted.code), { data: admitted }))
      else {
        socket.data = admitted
        next()
      }
    })
    messaging.on("connection", (socket) => {
      this.socket = socket
      socket.emit("ready", socket.data)
      socket.onAny((name: string, body: Said, ack: (reply: Reply) => void) => {
        this.commands.push({ name, body })
        const reply = this.answer(name, body, socket) ?? this.#byDefault(name, body)
        if (reply !== "silence") ack(reply)
      })
    })
  }

  #byDefault(name: string, body: Said): Reply {
    return { ok: true, result: name === "message:send" ? this.store(body) : {} }
  }

  /** As the hub does: the same localId is the same message. */
  store({ localId, content }: Said): { message: Message; duplicate: boolean } {
    const known = this.stored.find((message) => message.localId === localId)
    if (known) return { message: known, duplicate: true }
    const at = this.stored.length + 1
    const source = { channel: "web" as const, deviceId: this.handshakes.at(-1)?.deviceId }
    const message = { ...said(at), localId: String(localId), content: content as Message["content"], source }
    this.stored.push(message)
    return { message, duplicate: false }
  }

  bodies(name: string): Said[] {
    return this.commands.filter((command) => command.name === name).map(({ body }) => body)
  }

  /** Cuts the connection, as a lost network does. */
  cut(): void {
    this.socket?.conn.close()
  }
}

export async function openStage(): Promise<Stage> {
  const http = createServer().listen(0, "127.0.0.1")
  await once(http, "listening")
  const io = new Server(http, { transports: ["websocket"], serveClient: false })
  onTestFinished(async () => {
    await io.close()
  })
  // `listen` on a port gives an AddressInfo.
  return new Stage(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, io)
}

export function newClient(url: string, options: Partial<ClientOptions> = {}): Client {
  const base = { url, appId: "app", channel: "web" as const, storage: memoryStorage(), timeoutMs: 300 }
  const client = createClient({ ...base, random: () => 0.01, ...options })
  onTestFinished(() => client.close())
  return client
}

/** The first event of this kind that fits, within a deadline. Listen before you act. */
export function nextEvent<Name extends keyof ClientEvents>(
  client: Client,
  name: Name,
  fits: (event: ClientEvents[Name]) => boolean = () => true,
): Promise<ClientEvents[Name]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => done(new Error(`no such ${name} within 10 s`)), 10_000)
    const off = client.on(name, (event) => {
      if (fits(event)) done(event)
    })
    const done = (outcome: ClientEvents[Name] | Error): void => {
      clearTimeout(timer)
      off()
      if (outcome instanceof Error && name !== "error") reject(outcome)
      // Not the deadline's error, so it is the event.
      else resolve(outcome as ClientEvents[Name])
    }
  })
}

export const status = (client: Client, wanted: Client["status"]["state"]): Promise<unknown> =>
  client.status.state === wanted
    ? Promise.resolve()
    : nextEvent(client, "status", ({ state }) => state === wanted)
