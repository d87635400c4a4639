import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Server } from "socket.io"
import { onTestFinished } from "vitest"
import { AddressQuotas, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import { ClientAddresses } from "../../src/edge/socket/client-address.ts"
import { ConnectionGuard } from "../../src/edge/socket/connection-guard.ts"
import type { EndReason } from "../../src/edge/socket/guard-parts.ts"

export const NAMESPACE = "/messaging"

export interface GuardedServer {
  readonly url: string
  readonly io: Server
  readonly guard: ConnectionGuard
  /** Why connections were ended, one after another. */
  readonly ends: readonly EndReason[]
}

/** Socket.IO behind the guard of connections, without a hub; it ends with the test. No heartbeat comes in between. */
export async function guardedServer(): Promise<GuardedServer> {
  const http = createServer()
  const io = new Server(http, { transports: ["websocket"], serveClient: false, pingInterval: 600_000 })
  const ends: EndReason[] = []
  const guard = new ConnectionGuard({
    addresses: new AddressQuotas(new ClientAddresses([]), DEFAULT_ADDRESS_LIMITS),
    namespaces: new Set([NAMESPACE]),
    now: () => Date.now(),
    onEnd: (reason) => ends.push(reason),
  })
  guard.watch(io.engine)
  http.listen(0, "127.0.0.1")
  await once(http, "listening")
  onTestFinished(async () => void (await io.close()))
  // The boundary: a TCP server's address is of this kind.
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, io, guard, ends }
}
