/** A redis-server of one's own: a free port, a temporary folder, ended by its process id. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface PrivateRedis {
  readonly url: string
  stop(): Promise<void>
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("no port")
  return address.port
}

export async function startPrivateRedis(): Promise<PrivateRedis> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), "tributary-redis-"))
  const options = [
    "--port",
    `${port}`,
    "--bind",
    "127.0.0.1",
    "--dir",
    folder,
    "--save",
    "",
    "--appendonly",
    "yes",
  ]
  const child = spawn("redis-server", options, { stdio: ["ignore", "pipe", "inherit"] })
  const end = (): boolean => child.kill("SIGKILL")
  process.once("exit", end)
  let said = ""
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject)
    child.once("exit", () => reject(new Error(`redis-server ended: ${said}`)))
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes("Ready to accept connections")) resolve()
    })
  })
  const stop = async (): Promise<void> => {
    process.removeListener("exit", end)
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit")
      end()
      await gone
    }
    rmSync(folder, { recursive: true, force: true })
  }
  return { url: `redis://127.0.0.1:${port}`, stop }
}
