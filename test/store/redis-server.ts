/** A real redis-server of the test's own: free port, own directory, ended by its process id. */
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { rmSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { promisify } from "node:util"
import { freePort } from "../../loadtest/bench/free-port.ts"
import { endWithProcess } from "../orphans.ts"

const run = promisify(execFile)

export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Where its data lies. */
  readonly dir: string
  /** Runs `redis-cli` against it. */
  cli(...args: string[]): Promise<string>
  /** SIGKILL: nothing more is written. */
  kill(): Promise<void>
  /** Starts it again on what lies in its directory. */
  restart(): Promise<void>
  /** Freezes it: connections stay, nothing is answered. */
  freeze(): void
  thaw(): void
  /** Ends it and removes its directory. */
  stop(): Promise<void>
}

export interface RedisServerSettings {
  readonly appendfsync?: "always" | "everysec" | "no"
  /** Further command-line options of redis-server. */
  readonly options?: readonly string[]
  /** Beside the environment that it has anyway. */
  readonly env?: Readonly<Record<string, string>>
}

const found = (program: string) => spawnSync(program, ["--version"]).status === 0

/** Finds redis-server, or installs it where that is allowed. */
export function ensureRedis(): void {
  if (found("redis-server") && found("redis-cli")) return
  if (process.getuid?.() === 0) {
    spawnSync("apt-get", ["update"])
    spawnSync("apt-get", ["install", "-y", "--no-install-recommends", "redis-server"], {
      // Installing must not start the system's own server.
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
    })
  }
  if (!found("redis-server")) {
    throw new Error("These tests need redis-server 7 or newer on the PATH: apt-get install redis-server.")
  }
}

async function launch(port: number, dir: string, settings: RedisServerSettings): Promise<ChildProcess> {
  const args = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--dir",
    dir,
    "--save",
    "",
    "--appendonly",
    "yes",
    "--stream-node-max-bytes",
    "1024",
  ]
  args.push("--appendfsync", settings.appendfsync ?? "always", ...(settings.options ?? []))
  const child = spawn("redis-server", args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...settings.env },
  })
  // A test run that ends early must not leave its server behind.
  child.once(
    "exit",
    endWithProcess(() => child.kill("SIGKILL")),
  )
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes("Ready to accept connections")) {
      child.stdout.resume()
      return child
    }
    said.push(line)
  }
  throw new Error(`redis-server did not start:\n${said.join("\n")}`)
}

export const cliOf = async (port: number, args: readonly string[]): Promise<string> =>
  (await run("redis-cli", ["-p", String(port), ...args])).stdout.trim()

export async function startRedis(settings: RedisServerSettings = {}): Promise<RedisServer> {
  ensureRedis()
  const dir = await mkdtemp(join(tmpdir(), "tributary-redis-"))
  const port = await freePort()
  const abandon = endWithProcess(() => rmSync(dir, { recursive: true, force: true }))
  let child: ChildProcess | undefined = await launch(port, dir, settings)
  const end = async () => {
    if (!child) return
    const gone = once(child, "exit")
    child.kill("SIGKILL")
    await gone
    child = undefined
  }
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    dir,
    cli: (...args) => cliOf(port, args),
    kill: end,
    restart: async () => {
      await end()
      child = await launch(port, dir, settings)
    },
    freeze: () => child?.kill("SIGSTOP"),
    thaw: () => child?.kill("SIGCONT"),
    stop: async () => {
      await end()
      await rm(dir, { recursive: true, force: true })
      abandon()
    },
  }
}

export interface RedisCluster {
  /** Of all nodes, with commas between. */
  readonly url: string
  readonly nodes: readonly RedisServer[]
  stop(): Promise<void>
}

/** Primaries only: enough to prove that nothing crosses slots. */
export async function startCluster(size = 3): Promise<RedisCluster> {
  const options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"]
  const nodes = await Promise.all(Array.from({ length: size }, () => startRedis({ options })))
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  try {
    const addresses = nodes.map((node) => `127.0.0.1:${node.port}`)
    await run("redis-cli", ["--cluster", "create", ...addresses, "--cluster-yes"])
    // `create` returns before every node has heard of it.
    const end = Date.now() + 20_000
    for (const node of nodes) {
      while (!(await node.cli("cluster", "info")).includes("cluster_state:ok")) {
        if (Date.now() > end) throw new Error("The cluster did not come up.")
      }
    }
    return { url: nodes.map((node) => node.url).join(","), nodes, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
