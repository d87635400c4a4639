/** An agent as the wire knows them: a stock Socket.IO client in the namespace of agents. */
import { io, type Socket } from "socket.io-client"
import { agentToken, type TestApp } from "./hub-process.ts"

export class TestAgent {
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static async connect(url: string, app: TestApp, name: string): Promise<TestAgent> {
    const token = await agentToken(app, name.toLowerCase(), name)
    const socket = io(`${url}/agent`, {
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

  async command(name: string, body: unknown): Promise<void> {
    const answer: { ok: boolean; error?: unknown } = await this.#socket
      .timeout(10_000)
      .emitWithAck(name, body)
    if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.error)}`)
  }

  close(): void {
    this.#socket.disconnect()
  }
}
