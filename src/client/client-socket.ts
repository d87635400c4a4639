/**
 * One connection to the hub, from the first packet to its end. Every attempt gets a new socket, so that nothing
 * buffered or registered for an old one can act in a new one; reconnecting is decided by `reduce.ts`.
 *
 * Acknowledgements call back in the very turn in which they arrive: a state that came with one is applied before
 * the next event of the socket is handled.
 */
import type { Ack, Body, CommandName, Result } from "../protocol/commands.ts"
import type { WireError } from "../protocol/errors.ts"
import type { MessagingAuth } from "../protocol/handshake.ts"
import type { SentToClient } from "../protocol/socket-events.ts"
import { ClientError } from "./client-error.ts"
import type { Settings } from "./client-options.ts"
import { fromWire, notConnected, timedOut } from "./error-makers.ts"
import { isElsewhere } from "./hub-address.ts"
import { openSocket } from "./stock-socket.ts"
import { fieldsOf } from "./unknown-fields.ts"

export type Hears = { readonly [Name in keyof SentToClient]: (data: SentToClient[Name]) => void }

/** `refused`: by the hub, in the handshake. `lost`: the network, or the hub, ended it. Either way the link is over. */
type Over = (type: "refused" | "lost", error: ClientError) => void

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

export function openLink(settings: Settings, auth: MessagingAuth, hears: Hears, ended: Over): Link {
  const socket = (settings.socketFactory ?? openSocket)(settings.url, auth)
  let over = false
  const elsewhere = !settings.socketFactory && isElsewhere(settings.url)

  const close = (): void => {
    over = true
    stopWaiting()
    socket.removeAllListeners()
    socket.disconnect()
  }
  const end: Over = (type, error) => {
    if (over) return
    close()
    ended(type, error)
  }
  const lose = (why: string): void => end("lost", notConnected(why))
  const stopWaiting = settings.clock.after(READY_DEADLINE_MS, () => lose("no ready in time"))

  for (const [name, hear] of Object.entries(hears))
    socket.on(name, (data) => {
      if (name === "ready") stopWaiting()
      hear(data)
    })
  socket.on("disconnect", lose)
  socket.on("connect_error", ({ message, data }: Error & { data?: unknown }) => {
    // A refusal of the hub carries the error object of docs/protocol.md 2; a failure of the network does not.
    if (typeof fieldsOf(data).code === "string") end("refused", fromWire(data as WireError))
    else if (message === NOT_A_HUB) end("refused", new ClientError("not_a_hub"))
    else lose(message)
  })
  if (elsewhere) end("refused", new ClientError("not_a_hub"))
  else socket.connect()

  const isOpen = (): boolean => !over && socket.connected

  return {
    get open() {
      return isOpen()
    },
    command<C extends CommandName>(
      name: C,
      body: Body<C>,
      done: (answer: Answer<Result<C>>) => void,
      timeoutMs = settings.timeoutMs,
    ) {
      // Never into the implicit buffer of a socket that is away.
      if (!isOpen()) return done({ ok: false, error: notConnected() })
      // The boundary: Socket.IO's types do not follow a name that is a type parameter.
      const asking = socket.timeout(timeoutMs) as Asking
      asking.emit(name, body, (_, ack) => {
        if (ack?.ok) done(ack)
        else done({ ok: false, error: ack ? fromWire(ack.error) : timedOut() })
      })
    },
    close,
  }
}
