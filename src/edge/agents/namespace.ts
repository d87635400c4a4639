/** The namespace `/agent`: each socket of an agent becomes a console's session (PROTOCOL 6). */
import type { App } from "../../app/app.ts"
import type { Apps } from "../../app/app-registry.ts"
import { type AgentAuth, agentAuth } from "../../protocol/agent.ts"
import { fieldRefused } from "../../protocol/untrusted.ts"
import {
  type AnyNamespace,
  type AnySocket,
  answerPackets,
  type DoorwayParts,
  serveNamespace,
  takeAuth,
} from "../doorway.ts"
import { demandApp, demandWorkspace } from "../handshake.ts"
import type { AgentClaims } from "../token.ts"
import { type AgentContext, isAgentCommand, performAgent } from "./commands.ts"
import { agentRooms, type Consoles } from "./consoles.ts"
import { type AgentServices, AgentSession, type AgentWire } from "./session.ts"

export interface AgentParts extends DoorwayParts {
  readonly namespace: AnyNamespace
  readonly apps: Apps
  readonly services: AgentServices
  readonly context: AgentContext
  readonly living: Consoles
  readonly verify: (app: App, jwt: string) => Promise<AgentClaims>
  readonly presence: {
    joined(appId: string, socket: string): void
    left(appId: string, socket: string): void
  }
}

export function serveAgents(parts: AgentParts): void {
  parts.apps.onControl((app, control) => parts.living.obey(app, control))
  serveNamespace(parts.namespace, parts, (socket) => welcome(parts, socket))
}

async function welcome(parts: AgentParts, socket: AnySocket): Promise<() => void> {
  const { app, asked } = await admit(parts.apps, takeAuth(socket), socket.handshake.headers.origin)
  const claims = await parts.verify(app, asked.token)
  const session = new AgentSession(app, claims, parts.services, wireOf(socket, app.id, parts))
  const close = (): void => {
    socket.conn.off("close", close)
    parts.living.delete(session)
    parts.presence.left(app.id, socket.id)
    session.close()
  }
  socket.conn.once("close", close)
  parts.living.set(session, socket)
  try {
    const resumed = await session.enter(asked.cursor)
    return () => {
      socket.once("disconnect", close)
      answerPackets(socket, parts, isAgentCommand, (name, input) =>
        session.run(async () => performAgent(session, name, input, parts.context)),
      )
      parts.presence.joined(app.id, socket.id)
      session.wire.ready(resumed.state)
      session.release(resumed)
    }
  } catch (error) {
    close()
    throw error
  }
}

async function admit(
  apps: Apps,
  auth: unknown,
  origin: string | undefined,
): Promise<{ app: App; asked: AgentAuth }> {
  const { app, fields } = await demandApp(apps, auth, origin)
  demandWorkspace(app)
  const asked = agentAuth.safeParse(fields)
  if (!asked.success) throw fieldRefused(asked.error)
  return { app, asked: asked.data }
}

function wireOf(socket: AnySocket, appId: string, { sent }: AgentParts): AgentWire {
  let standing: readonly string[] = []
  return {
    id: socket.id,
    ready: (state) => void socket.emit("ready", state),
    event(event) {
      socket.emit("event", event)
      sent(socket)
    },
    signal: (signal, data) => void socket.emit(signal, data),
    watch(scope) {
      for (const room of standing) socket.leave(room)
      standing = scope
        ? [
            ...(scope.all ? [agentRooms.all(appId)] : []),
            ...(scope.mine ? [agentRooms.mine(appId, scope.agentId)] : []),
            ...scope.conversations.map((id) => agentRooms.conversation(appId, id)),
          ]
        : []
      socket.join([...standing])
    },
  }
}
