/** The refusal of a Socket.IO client that begins with long-polling, as a stock one does by default, or is too old. */
import { HubError } from "../../protocol/errors.ts"
import { type Route, refusal } from "./exchange.ts"

const NO_POLLING =
  'The hub speaks WebSocket only: give the Socket.IO client the option transports: ["websocket"].'
const OTHER_VERSION =
  "The hub speaks EIO=4, as clients of Socket.IO do from version 3 on: take a newer client, or put EIO=4 into the query."

/** Plain requests, and upgrades to WebSocket that Engine.IO would not take; what it takes never comes through here. */
export const noPolling: Route = {
  at: "/socket.io/",
  answer({ query }) {
    const tooOld = query.get("transport") === "websocket" && query.get("EIO") !== "4"
    return refusal(new HubError("bad_request", tooOld ? OTHER_VERSION : NO_POLLING))
  },
}
