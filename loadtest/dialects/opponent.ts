/** The words of `opponents/`: rooms by name, nothing to prove. */
import type { Dialect } from "./dialect.ts"

export function opponentDialect(): Dialect {
  return {
    namespace: "/",
    ready: undefined,
    device: (room) => ({ room: `room-${room}` }),
    send: (localId, text) => JSON.stringify(["message", { localId, text }]),
    delivery: '["message"',
    accepted: '[{"ok":true',
    console: { namespace: "/", ready: undefined, agent: () => ({ room: "agents" }) },
  }
}
