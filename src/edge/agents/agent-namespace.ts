/** The namespace `/agent`: each socket of an agent becomes a console's session (docs/protocol.md 6). */
import type { App } from "../../app/app.ts"
import type { Apps } from "../../app/app-registry.ts"
import type { SendTurn } from "../../app/send-message.ts"
import { type Agent, type AgentAuth, type AgentCommand, agentAuth } from "../../protocol/agent.ts"
import { rateTable } from "../../protocol/command-rates.ts"
import { fieldRefused } from "../../protocol/untrusted.ts"
import type { OriginHeaders } from "../auth/origins.ts"
import type { AgentClaims } from "../auth/token-verifier.ts"
import { demandApp, demandWorkspace } from "../end-user/validate-handshake.ts"
import { STORED } from "../socket/guarded-connection.ts"
import { ownTurn } from "../socket/own-turn.ts"
import {
  answerPackets,
  type CommandAnswer,
  type PacketParts,
  serveNamespace,
  takeAuth,
} from "../socket/packets.ts"
import { type AgentContext, isAgentCommand, performAgent } from "./agent-commands.ts"
import { AgentSession, type AgentSessionDeps } from "./agent-session.ts"
import type { AgentNamespace, AgentSocket, ConsoleRegistry } from "./console-registry.ts"
import { ConsoleTransport } from "./console-transport.ts"

export interface AgentParts extends PacketParts {
  readonly namespace: AgentNamespace
  readonly apps: Apps
  readonly deps: AgentSessionDeps
  readonly context: AgentContext
  readonly registry: ConsoleRegistry
  readonly verify: (app: App, jwt: string) => Promise<AgentClaims>
  /** Called when an agent has connected. */
  readonly came: (app: App, agent: Agent) => void
}

export function serveAgents(parts: AgentParts): void {
  parts.apps.onControl((app, control) => parts.registry.applyControl(app, control))
  serveNamespace(parts.namespace, parts, (socket) => onConnect(parts, socket))
}

async function onConnect(parts: AgentParts, socket: AgentSocket): Promise<() => void> {
  const { app, asked } = await validateAgentHandshake(parts.apps, takeAuth(socket), socket.handshake.headers)
  const claims = await parts.verify(app, asked.token)
  const connection = parts.guard.of(socket.conn)
  const session = new AgentSession(app, claims, parts.deps, new ConsoleTransport(app.id, socket, connection))
  const close = (): void => {
    socket.conn.off("close", close)
    parts.registry.remove(session)
    session.close()
  }
  socket.conn.once("close", close)
  parts.registry.add(session, socket)
  connection.serve(rateTable(app.settings).factor, undefined)
  try {
    const resumed = await session.enter(asked.cursor)
    return () => {
      socket.once("disconnect", close)
      const perform = (name: AgentCommand, input: unknown): Promise<CommandAnswer> => {
        const answer = async (turn?: SendTurn): Promise<CommandAnswer> => {
          await ownTurn(connection, false)
          return performAgent(session, name, input, parts.context, turn)
        }
        return name === STORED ? session.turns.overlap(answer) : session.turns.run(answer)
      }
      answerPackets(socket, parts, { isCommand: isAgentCommand, perform, sendsLimited: false })
      parts.came(app, session.agent)
      session.transport.ready(resumed.state)
      session.release(resumed)
    }
  } catch (error) {
    close()
    throw error
  }
}

async function validateAgentHandshake(
  apps: Apps,
  auth: unknown,
  headers: OriginHeaders,
): Promise<{ app: App; asked: AgentAuth }> {
  const { app, fields } = await demandApp(apps, auth, headers)
  demandWorkspace(app)
  const asked = agentAuth.safeParse(fields)
  if (!asked.success) throw fieldRefused(asked.error)
  return { app, asked: asked.data }
}
