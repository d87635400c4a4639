/** The open consoles of a node, their rooms for signals, and the effects of control logs on them. */

import type { Namespace, Socket } from "socket.io"
import type { App } from "../../app/app.ts"
import type { Control } from "../../app/app-registry.ts"
import { digest } from "../../lib/hash.ts"
import type { ConversationId, UserId } from "../../protocol/branded.ts"
import type { AgentToServerEvents, ServerToAgentEvents } from "../../protocol/socket-events.ts"
import type { NodeEvents } from "../socket/packets.ts"
import { Registry } from "../socket/registry.ts"
import type { AgentSession } from "./agent-session.ts"

export type AgentSocket = Socket<AgentToServerEvents, ServerToAgentEvents, NodeEvents, unknown>
export type AgentNamespace = Namespace<AgentToServerEvents, ServerToAgentEvents, NodeEvents, unknown>

/** Socket.IO rooms for signals, by what a console watches: signals are not filtered for each console. */
export const agentRooms = {
  all: (appId: string): string => `a:${digest(`all ${appId}`)}`,
  mine: (appId: string, agentId: string): string => `a:${digest(`mine ${appId} ${agentId}`)}`,
  conversation: (appId: string, conversationId: ConversationId): string =>
    `a:${digest(`one ${appId} ${conversationId}`)}`,
}

/** The rooms whose consoles get a signal about a conversation. */
export const watching = (
  appId: string,
  conversationId: ConversationId,
  assigneeId: string | undefined,
): string[] => [
  agentRooms.all(appId),
  agentRooms.conversation(appId, conversationId),
  ...(assigneeId === undefined ? [] : [agentRooms.mine(appId, assigneeId)]),
]

/** The open consoles of a node. */
export class ConsoleRegistry extends Registry<AgentSession, AgentSocket> {
  /** Tells consoles that a user's first device has connected, or their last one has gone. */
  sendPresence(appId: string, userId: UserId, online: boolean): void {
    for (const session of this.of(appId))
      if (session.state === "live") session.transport.signal("presence", { userId, online })
  }

  /** A deleted key ends the sessions that it opened [4.4]; without a workspace no agent is connected [4.6]. */
  applyControl(app: App, control: Control): void {
    if (control.kind === "gone") for (const session of this.of(app.id)) void this.endAnswered(session)
    if (control.kind !== "app" && control.kind !== "recheck") return
    for (const session of this.of(app.id)) {
      if (!app.key(session.kid)) session.revoke()
      // The client reconnects, and the handshake tells it why.
      if (!app.settings.agentWorkspace) this.socketOf(session)?.conn.close(true)
    }
  }
}
