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
  /** Milliseconds by which each piece is late, either way. */
  late: number
  /** Called with what goes to the server, before it is passed on: the place to cut in the middle of something. */
  onAsk: ((bytes: Buffer) => void) | undefined
  /** Resets every connection; new ones are let in. */
  cut(): void
  /** Every connection stays open and silent for ever; new ones are let in. */
  abandon(): void
  close(): Promise<void>
}

export async function startFaultProxy(target: number): Promise<FaultProxy> {
  const sockets = new Set<Socket>()
  const abandoned = new WeakSet<Socket>()
  const proxy: FaultProxy = {
    port: 0,
    fault: "none",
    late: 0,
    onAsk: undefined,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    abandon: () => {
      for (const socket of sockets) abandoned.add(socket)
    },
    close: async () => {
      proxy.cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  const pipe = (from: Socket, to: Socket, faults: readonly Fault[], look?: (bytes: Buffer) => void) => {
    sockets.add(from)
    let passed = Promise.resolve()
    from.on("data", (bytes: Buffer) => {
      look?.(bytes)
      passed = passed
        .then(() => (proxy.late > 0 ? delay(proxy.late) : undefined))
        .then(() => {
          if (!faults.includes(proxy.fault) && !abandoned.has(from) && to.writable) to.write(bytes)
        })
    })
    from.on("close", () => {
      sockets.delete(from)
      to.destroy()
    })
    from.on("error", () => to.destroy())
  }
  const server = createServer((client) => {
    const upstream = dial(target, "127.0.0.1")
    pipe(client, upstream, ["deaf", "dead"], (bytes) => proxy.onAsk?.(bytes))
    pipe(upstream, client, ["mute", "dead"])
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  // A TCP server's address is always of this kind.
  return Object.assign(proxy, { port: (server.address() as AddressInfo).port })
}
