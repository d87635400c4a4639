/**
 * The connection of a console: one Socket.IO socket on `/agent`, which comes back by itself, slower and slower and
 * without limit. A stock client does not try again after a refused handshake; this one does where the refusal says
 * that it may help.
 */
import { io, type Socket } from "socket.io-client"
import type { AgentBody, AgentCommand, AgentEvent, AgentReady } from "../../../protocol/agent.ts"
import type { WireError } from "../../../protocol/errors.ts"
import { AGENT, type AgentToServerEvents, type ServerToAgentEvents } from "../../../protocol/socket-events.ts"
import type { AgentSignal, Request } from "./effect.ts"

export interface LinkListener {
  ready(state: AgentReady): void
  event(event: AgentEvent): void
  signal(signal: AgentSignal): void
  refused(error: WireError): void
  lost(): void
}

export interface LinkParts {
  /** The hub's URL; if it has a path, Socket.IO is under that path. */
  readonly url: string
  readonly auth: () => { readonly appId: string; readonly token: string; readonly cursor: string | undefined }
  readonly listener: LinkListener
}

export interface AgentLink {
  /** Resolves with the result; rejects with what the hub answered, or `undefined` if there was no answer in time. */
  ask(request: Pick<Request, "command" | "body">): Promise<unknown>
  /** Opens another connection, because this one seems open but gives no answers. */
  reopen(): void
  /** Tries to connect at once: the network is back, or the page is visible again. */
  hurry(): void
  close(): void
}

/** A socket with a deadline, as commands are sent on it. */
interface Asking {
  emitWithAck<C extends AgentCommand>(name: C, body: AgentBody<C>): Promise<unknown>
}

const ANSWER_MS = 10_000
const RETRY_MS = { first: 500, most: 15_000 }

export function openLink({ url, auth, listener }: LinkParts): AgentLink {
  const { origin, pathname } = new URL(url)
  const socket: Socket<ServerToAgentEvents, AgentToServerEvents> = io(`${origin}${AGENT}`, {
    path: `${pathname.replace(/\/$/, "")}/socket.io`,
    transports: ["websocket"],
    reconnectionDelay: RETRY_MS.first,
    reconnectionDelayMax: RETRY_MS.most,
    randomizationFactor: 0.5,
    auth: (give: (data: object) => void) => {
      const { appId, token, cursor } = auth()
      give({ v: 1, appId, token, ...(cursor !== undefined && { cursor }) })
    },
  })
  let retry: ReturnType<typeof setTimeout> | undefined
  let failures = 0

  const again = (afterMs: number): void => {
    clearTimeout(retry)
    retry = setTimeout(() => socket.connect(), afterMs)
  }

  socket.on("ready", (state) => {
    failures = 0
    listener.ready(state)
  })
  socket.on("event", (event) => listener.event(event))
  socket.on("typing", (data) => listener.signal({ name: "typing", ...data }))
  socket.on("viewing", (data) => listener.signal({ name: "viewing", ...data }))
  socket.on("presence", (data) => listener.signal({ name: "presence", ...data }))
  socket.on("auth:expiring", ({ expiresAt }) => listener.signal({ name: "authExpiring", expiresAt }))
  socket.on("auth:expired", () => listener.signal({ name: "authEnded", code: "token_expired" }))
  socket.on("auth:revoked", () => listener.signal({ name: "authEnded", code: "token_revoked" }))
  socket.on("disconnect", (reason) => {
    listener.lost()
    // The hub closed the namespace, after which a stock client does not reconnect.
    if (reason === "io server disconnect") again(RETRY_MS.first)
  })
  socket.on("connect_error", (error: Error & { data?: WireError }) => {
    if (!error.data) return listener.lost()
    listener.refused(error.data)
    if (!error.data.retryable || error.data.code === "token_expired") return
    failures += 1
    const waitMs = Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** failures) * (0.5 + Math.random() / 2)
    again(Math.max(waitMs, error.data.retryAfterMs ?? 0))
  })

  return {
    async ask({ command, body }) {
      // The boundary: Socket.IO's types do not follow a name that is one of many.
      const asking = socket.timeout(ANSWER_MS) as Asking
      // And an acknowledgement is what the protocol says one is; whatever else comes is no answer.
      const answer: unknown = await asking.emitWithAck(command, body).catch(() => undefined)
      const ack = answer as { ok?: unknown; result?: unknown; error?: WireError } | undefined
      if (ack?.ok === true) return ack.result
      throw ack?.error
    },
    reopen() {
      socket.disconnect()
      socket.connect()
    },
    hurry() {
      if (!socket.connected) {
        socket.disconnect()
        again(0)
      }
    },
    close() {
      clearTimeout(retry)
      socket.removeAllListeners()
      socket.disconnect()
    },
  }
}
