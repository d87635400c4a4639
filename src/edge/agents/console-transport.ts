/** A Socket.IO socket as a console's transport; it is in the rooms of the signals about what the console watches. */
import type { AgentEvent, AgentReady, AgentSignalData } from "../../protocol/agent.ts"
import { AGENT, type SentToAgent } from "../../protocol/socket-events.ts"
import { agentEventFrame, eventFrame } from "../socket/frame-writer.ts"
import type { GuardedConnection } from "../socket/guarded-connection.ts"
import { ReadyFirst } from "../socket/ready-first.ts"
import type { AgentTransport } from "./agent-session.ts"
import { type AgentSocket, agentRooms } from "./console-registry.ts"
import type { Scope } from "./watch-scope.ts"

export class ConsoleTransport extends ReadyFirst implements AgentTransport {
  readonly #appId: string
  readonly #socket: AgentSocket
  #rooms: readonly string[] = []

  constructor(appId: string, socket: AgentSocket, connection: GuardedConnection) {
    super(connection)
    this.#appId = appId
    this.#socket = socket
  }

  get id(): string {
    return this.#socket.id
  }

  ready(state: AgentReady): void {
    this.writeReady(eventFrame(AGENT, "ready", state))
  }

  event(event: AgentEvent): void {
    this.connection.write(agentEventFrame(event))
  }

  signal<S extends keyof AgentSignalData>(signal: S, data: SentToAgent[S]): void {
    this.writeSignal(eventFrame(AGENT, signal, data))
  }

  watch(scope: Scope | undefined): void {
    const appId = this.#appId
    for (const room of this.#rooms) this.#socket.leave(room)
    this.#rooms = scope
      ? [
          ...(scope.all ? [agentRooms.all(appId)] : []),
          ...(scope.mine ? [agentRooms.mine(appId, scope.agentId)] : []),
          ...scope.conversations.map((id) => agentRooms.conversation(appId, id)),
        ]
      : []
    this.#socket.join([...this.#rooms])
  }
}
