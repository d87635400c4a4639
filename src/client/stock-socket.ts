/** The socket of one attempt by socket.io-client. The builds for browsers put `plain-socket.ts` in its place. */
import { io } from "socket.io-client"
import { MESSAGING } from "../protocol/socket-events.ts"
import type { SocketFactory } from "./client-options.ts"
import { hubAddress } from "./hub-address.ts"

/** `retries` off and no reconnection: the outbox repeats, a new attempt makes a new socket. */
export const openSocket: SocketFactory = (url, auth) => {
  const { origin, path } = hubAddress(url)
  return io(`${origin}${MESSAGING}`, {
    auth,
    path: `${path}/socket.io`,
    transports: ["websocket"],
    forceNew: true,
    autoConnect: false,
    reconnection: false,
    retries: 0,
  })
}
