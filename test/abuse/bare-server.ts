/**
 * What Node itself takes for connections: a server of a few lines, in a process of its own, which accepts each, reads one piece
 * of it, and closes it.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { endWithProcess } from "../orphans.ts"

const PROGRAM = `
const { createServer } = require("node:net")
const server = createServer((socket) => {
  socket.on("error", () => socket.destroy())
  socket.once("data", () => socket.destroy())
})
server.listen(0, "127.0.0.1", () => process.send(server.address().port))
process.once("disconnect", () => process.exit())
`

export class BareServer {
  readonly url: string
  readonly pid: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, pid: number, port: unknown) {
    this.#child = child
    this.pid = pid
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(): Promise<BareServer> {
    const child = spawn(process.execPath, ["-e", PROGRAM], { stdio: ["ignore", "inherit", "inherit", "ipc"] })
    const abandon = endWithProcess(() => child.kill("SIGKILL"))
    child.once("exit", abandon)
    const [port] = await once(child, "message")
    if (child.pid === undefined) throw new Error("the bare server never began")
    return new BareServer(child, child.pid, port)
  }

  end(): void {
    this.#child.disconnect()
  }
}
