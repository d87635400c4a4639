/** The refusal of a Socket.IO client that begins with long-polling, as a stock one does by default. */
import { HubError } from "../../protocol/errors.ts"
import { type Route, refusal } from "./exchange.ts"

/** Plain requests only: an upgrade to WebSocket never comes through here. */
export const noPolling: Route = {
  at: "/socket.io/",
  answer() {
    const advice =
      'The hub speaks WebSocket only: give the Socket.IO client the option transports: ["websocket"].'
    return refusal(new HubError("bad_request", advice))
  },
}
