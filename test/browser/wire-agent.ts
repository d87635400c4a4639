/** An agent as the wire knows them: a stock Socket.IO client in the namespace of agents. */
import { io, type Socket } from "socket.io-client"
import type { AgentCommand } from "../../src/protocol/agent.ts"
import type { Ack } from "../../src/protocol/commands.ts"
import {
  AGENT,
  type AgentToServerEvents,
  type Bodies,
  type ServerToAgentEvents,
} from "../../src/protocol/socket-events.ts"
import { agentToken, type TestApp } from "./started-hub.ts"

type AgentSocket = Socket<ServerToAgentEvents, AgentToServerEvents>

export class TestAgent {
  readonly #socket: AgentSocket

  private constructor(socket: AgentSocket) {
    this.#socket = socket
  }

  static async connect(url: string, app: TestApp, name: string): Promise<TestAgent> {
    const token = await agentToken(app, name.toLowerCase(), name)
    const socket: AgentSocket = io(`${url}${AGENT}`, {
      transports: ["websocket"],
      forceNew: true,
      auth: { v: 1, appId: app.id, token },
    })
    await new Promise<void>((resolve, reject) => {
      socket.once("ready", () => resolve())
      socket.once("connect_error", reject)
    })
    return new TestAgent(socket)
  }

  async command<C extends AgentCommand>(name: C, body: Bodies[typeof AGENT][C]): Promise<void> {
    // The boundary: Socket.IO's types do not follow a name that is a type parameter.
    const socket = this.#socket as Socket
    const answer: Ack<unknown> = await socket.timeout(10_000).emitWithAck(name, body)
    if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.error)}`)
  }

  close(): void {
    this.#socket.disconnect()
  }
}
