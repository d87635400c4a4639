/** A redis-server of the run's own, as the hub's operators are told to set it up, flushed every second. */
import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { startServer } from "../bench/child.ts"
import { freePort } from "../bench/free-port.ts"

const run = promisify(execFile)

export interface Redis {
  readonly pid: number
  readonly url: string
  /** `used_memory`: everything it holds, its own overhead included. */
  usedBytes(): Promise<number>
  stop(): Promise<void>
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
