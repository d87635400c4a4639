/** A redis-server of the run's own, as the hub's operators are told to set it up, flushed every second. */
import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { startServer } from "../bench/child.ts"

const run = promisify(execFile)

export interface Redis {
  readonly pid: number
  readonly url: string
  /** `used_memory`: everything it holds, its own overhead included. */
  usedBytes(): Promise<number>
  stop(): Promise<void>
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== "object" || address === null) throw new Error("No port is free.")
  return address.port
}

export async function startRedis(appendfsync = "everysec"): Promise<Redis> {
  const dir = await mkdtemp(join(tmpdir(), "tributary-load-redis-"))
  const port = await freePort()
  const settings = { port, bind: "127.0.0.1", dir, save: "", appendonly: "yes", appendfsync }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const server = await startServer("redis-server", args, {}, /Ready to accept connections/).catch(
    (error: unknown) => {
      throw new Error(
        `The load test needs redis-server 7 or newer on the PATH (apt-get install redis-server): ${error}`,
      )
    },
  )
  return {
    pid: server.pid,
    url: `redis://127.0.0.1:${port}`,
    async usedBytes() {
      const { stdout } = await run("redis-cli", ["-p", String(port), "info", "memory"])
      return Number(/^used_memory:(\d+)/m.exec(stdout)?.[1])
    },
    async stop() {
      await server.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
