/**
 * One connection to the hub, from the first packet to its end. Every attempt gets a new socket, so that nothing
 * buffered or registered for an old one can act in a new one; reconnecting is decided by `reduce.ts`.
 *
 * Acknowledgements call back in the very turn in which they arrive: a state that came with one is applied before
 * the next event of the socket is handled.
 */
import type { Ack, Body, CommandName, Result } from "../protocol/commands.ts"
import type { MessagingAuth } from "../protocol/handshake.ts"
import type { SentToClient } from "../protocol/socket-events.ts"
import { ClientError } from "./client-error.ts"
import { fromWire, notAHub, notConnected, timedOut } from "./client-errors.ts"
import type { Settings } from "./client-options.ts"
import { openSocket } from "./stock-socket.ts"
import { fieldsOf } from "./unknown-fields.ts"

export interface LinkListener {
  readonly hears: { readonly [Name in keyof SentToClient]: (data: SentToClient[Name]) => void }
  /** The hub refused this handshake. The link is over. */
  refused(error: ClientError): void
  /** The network, or the hub, ended it. The link is over. */
  lost(error: ClientError): void
}

export type Answer<R> =
  | { readonly ok: true; readonly result: R }
  | { readonly ok: false; readonly error: ClientError }

export interface Link {
  readonly open: boolean
  /** Calls back exactly once: with the hub's answer, with `timeout`, or with `offline`. */
  command<C extends CommandName>(
    name: C,
    body: Body<C>,
    done: (answer: Answer<Result<C>>) => void,
    timeoutMs?: number,
  ): void
  /** Ends it; the listener is not called any more. */
  close(): void
}

/** A socket with a deadline, as commands are sent on it. */
interface Asking {
  emit<C extends CommandName>(
    name: C,
    body: Body<C>,
    done: (failure: Error | null, ack?: Ack<Result<C>>) => void,
  ): unknown
}

/** The refusal of a Socket.IO server that is no hub: trying again does not help. */
const NOT_A_HUB = "Invalid namespace"

/** From the first packet to `ready`. */
const READY_DEADLINE_MS = 30_000

export function openLink(settings: Settings, auth: MessagingAuth, listener: LinkListener): Link {
  const socket = (settings.socketFactory ?? openSocket)(settings.url, auth)
  let over = false

  const end = (): boolean => {
    if (over) return false
    over = true
    stopWaiting()
    socket.removeAllListeners()
    socket.disconnect()
    return true
  }
  const lose = (why: string): void => {
    if (end()) listener.lost(new ClientError("offline", `The connection to the hub is gone: ${why}.`, true))
  }
  const stopWaiting = settings.clock.after(READY_DEADLINE_MS, () => lose("no ready in time"))

  for (const [name, hear] of Object.entries(listener.hears))
    socket.on(name, (data) => {
      if (name === "ready") stopWaiting()
      hear(data)
    })
  socket.on("disconnect", lose)
  socket.on("connect_error", (error: Error & { data?: unknown }) => {
    const refusal = refusalOf(error.data)
    const final = refusal ?? (error.message === NOT_A_HUB ? notAHub() : undefined)
    if (!final) lose(error.message)
    else if (end()) listener.refused(final)
  })
  socket.connect()

  return {
    get open() {
      return !over && socket.connected
    },
    command<C extends CommandName>(
      name: C,
      body: Body<C>,
      done: (answer: Answer<Result<C>>) => void,
      timeoutMs = settings.timeoutMs,
    ) {
      // Never into the implicit buffer of a socket that is away.
      if (over || !socket.connected) {
        done({ ok: false, error: notConnected() })
        return
      }
      // The boundary: Socket.IO's types do not follow a name that is a type parameter.
      const asking = socket.timeout(timeoutMs) as Asking
      asking.emit(name, body, (failure, ack) => {
        if (failure || !ack) done({ ok: false, error: timedOut() })
        else done(ack.ok ? ack : { ok: false, error: fromWire(ack.error) })
      })
    },
    close() {
      end()
    },
  }
}

/** A refusal of the hub carries the error object of docs/protocol.md 2; a failure of the network does not. */
function refusalOf(data: unknown): ClientError | undefined {
  if (typeof fieldsOf(data).code !== "string") return undefined
  // It has the form of the hub's own refusals.
  return fromWire(data as Parameters<typeof fromWire>[0])
}
