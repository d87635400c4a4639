/** A TCP proxy that breaks a connection in the ways a network does. */
import { once } from "node:events"
import { type AddressInfo, createServer, connect as dial, type Socket } from "node:net"
import { setTimeout as delay } from "node:timers/promises"

/**
 * `mute`: what is asked arrives, what is answered gets lost. `deaf`: the other way round. `dead`: both. A real
 * connection never goes on after that: end a fault with `cut` or `abandon`.
 */
export type Fault = "none" | "mute" | "deaf" | "dead"

export interface FaultProxy {
  readonly port: number
  fault: Fault
  /** Where new connections go; none are let in without one. */
  target: number | undefined
  /** Milliseconds by which each piece is late, either way. */
  late: number
  /** Called with what goes to the server, before it is passed on: the place to cut in the middle of something. */
  onAsk: ((bytes: Buffer) => void) | undefined
  /** Called with what comes back; what it returns is passed on instead. */
  onAnswer: ((bytes: Buffer) => Buffer) | undefined
  /** Resets every connection; new ones are let in. */
  cut(): void
  /** Nothing passes until it flows again, and nothing is lost: a slow network. */
  stall(): void
  flow(): void
  /** Every connection stays open and silent for ever; new ones are let in. */
  abandon(): void
  close(): Promise<void>
}

export async function startFaultProxy(target?: number): Promise<FaultProxy> {
  const sockets = new Set<Socket>()
  let stalled = false
  const abandoned = new WeakSet<Socket>()
  const proxy: FaultProxy = {
    port: 0,
    fault: "none",
    target,
    late: 0,
    onAsk: undefined,
    onAnswer: undefined,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    stall: () => {
      stalled = true
      for (const socket of sockets) socket.pause()
    },
    flow: () => {
      stalled = false
      for (const socket of sockets) socket.resume()
    },
    abandon: () => {
      for (const socket of sockets) abandoned.add(socket)
    },
    close: async () => {
      proxy.cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  const pipe = (from: Socket, to: Socket, faults: readonly Fault[], look: (bytes: Buffer) => Buffer) => {
    sockets.add(from)
    let passed = Promise.resolve()
    from.on("data", (seen: Buffer) => {
      const bytes = look(seen)
      // Late by so much, not slow: what follows closely is as late, and no later.
      const due = performance.now() + proxy.late
      passed = passed
        .then(() => (due > performance.now() ? delay(due - performance.now()) : undefined))
        .then(() => {
          if (!faults.includes(proxy.fault) && !abandoned.has(from) && to.writable) to.write(bytes)
        })
    })
    from.on("close", () => {
      sockets.delete(from)
      to.destroy()
    })
    from.on("error", () => to.destroy())
    if (stalled) from.pause()
  }
  const server = createServer((client) => {
    if (proxy.target === undefined) {
      client.resetAndDestroy()
      return
    }
    const upstream = dial(proxy.target, "127.0.0.1")
    pipe(client, upstream, ["deaf", "dead"], (bytes) => {
      proxy.onAsk?.(bytes)
      return bytes
    })
    pipe(upstream, client, ["mute", "dead"], (bytes) => proxy.onAnswer?.(bytes) ?? bytes)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  // A TCP server's address is always of this kind.
  return Object.assign(proxy, { port: (server.address() as AddressInfo).port })
}
