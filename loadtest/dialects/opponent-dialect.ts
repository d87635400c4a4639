/** The words of `opponents/`: rooms by name, nothing to prove. */
import type { Dialect } from "./dialect.ts"

export function opponentDialect(): Dialect {
  return {
    namespace: "/",
    ready: undefined,
    device: (room) => ({ room: `room-${room}` }),
    visitor: (number) => ({ room: `visitor-${number}` }),
    send: (localId, text) => JSON.stringify(["message", { localId, text }]),
    delivery: '["message"',
    accepted: '[{"ok":true',
    console: { namespace: "/", ready: undefined, agent: () => ({ room: "agents" }) },
    comeback: {
      device: (room) => ({ room: `room-${room}` }),
      markOf: () => "",
      // It cannot say what it has: it reads the latest messages again.
      missed: async (client) => ({
        events: JSON.stringify(Reflect.get(Object(await client.emit("history", {})), "messages")),
        full: false,
      }),
    },
  }
}
