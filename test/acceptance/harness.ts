/**
 * The hub as a stranger meets it: `node dist/main.js` with the environment of section 1, the URL it prints,
 * and its process id. One node on LMDB, or two nodes over one Redis.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { vi } from "vitest"
import { type RedisServer, startRedis } from "../store/redis-server.ts"
import { Admin } from "./admin.ts"

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url))
const START_DEADLINE = 30_000
const STOP_DEADLINE = 20_000

export const ADMIN_TOKEN = "acceptance-admin-token-0123456789abcdef"
export const SESSION_SECRET = "acceptance-session-secret-0123456789abcdef"

export type Variant = "embedded" | "redis"
export const VARIANTS: readonly Variant[] = ["embedded", "redis"]
export type Environment = Readonly<Record<string, string>>

/** No child outlives the tests, however they end. */
const running = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})

export class HubNode {
  readonly url: string
  readonly #child: ChildProcess
  readonly #said: () => string

  constructor(url: string, child: ChildProcess, said: () => string) {
    this.url = url
    this.#child = child
    this.#said = said
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** All it ever wrote, to either stream. */
  get output(): string {
    return this.#said()
  }

  get port(): string {
    return new URL(this.url).port
  }

  /** SIGTERM, and the exit code. */
  async stop(): Promise<number | null> {
    return await this.#end("SIGTERM")
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL")
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.alive) {
      const gone = once(this.#child, "exit")
      this.#child.kill(signal)
      const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_DEADLINE)
      await gone
      clearTimeout(timer)
    }
    running.delete(this.#child)
    return this.#child.exitCode
  }
}

export interface Launched {
  child: ChildProcess
  said: () => string
}

/** Starts the process with this environment and nothing else of ours. */
export function launch(environment: Environment, args: readonly string[] = []): Launched {
  const env = { PATH: process.env.PATH ?? "", HOME: tmpdir(), ...environment }
  const child = spawn(process.execPath, [MAIN, ...args], {
    env,
    cwd: tmpdir(),
    stdio: ["ignore", "pipe", "pipe"],
  })
  running.add(child)
  let said = ""
  const hear = (chunk: Buffer): void => {
    said += chunk.toString()
  }
  child.stdout.on("data", hear)
  child.stderr.on("data", hear)
  child.once("exit", () => running.delete(child))
  return { child, said: () => said }
}

export async function startNode(environment: Environment): Promise<HubNode> {
  const { child, said } = launch(environment)
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${why}; the hub said: ${said().slice(-2000)}`))
    const timer = setTimeout(() => fail(`no URL within ${START_DEADLINE} ms`), START_DEADLINE)
    child.once("exit", (code) => fail(`exit ${code} before a URL was printed`))
    child.stdout?.on("data", () => {
      const printed = /https?:\/\/[^\s"'<>,}]+:\d+/.exec(said())
      if (!printed) return
      clearTimeout(timer)
      child.removeAllListeners("exit")
      child.once("exit", () => running.delete(child))
      resolve(printed[0])
    })
  })
  return new HubNode(url, child, said)
}

/** The hub of one test file: its nodes, its store, and the way to start a node again. */
export class Hub {
  readonly nodes: HubNode[] = []
  readonly environment: Environment
  readonly #release: () => Promise<void>
  readonly redis: RedisServer | undefined

  constructor(environment: Environment, release: () => Promise<void>, redis?: RedisServer) {
    this.environment = environment
    this.#release = release
    this.redis = redis
  }

  node(index: number): HubNode {
    const node = this.nodes[index % this.nodes.length]
    if (!node) throw new Error("no node")
    return node
  }

  admin(index = 0): Admin {
    return new Admin(this.node(index).url, ADMIN_TOKEN)
  }

  /** The node again on its old port, as after a deploy or a crash. */
  async restart(index: number): Promise<HubNode> {
    const node = await startNode({ ...this.environment, PORT: this.node(index).port })
    this.nodes[index % this.nodes.length] = node
    return node
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
    await this.#release()
  }
}

export async function startHub(variant: Variant, extra: Environment = {}): Promise<Hub> {
  const folder = mkdtempSync(join(tmpdir(), "tributary-acceptance-"))
  const clean = (): void => rmSync(folder, { recursive: true, force: true })
  const redis = variant === "redis" ? await startRedis() : undefined
  const environment = {
    NODE_ENV: "production",
    HOST: "127.0.0.1",
    PORT: "0",
    ADMIN_TOKEN,
    SESSION_SECRET,
    ...(redis ? { REDIS_URL: redis.url } : { DATA_DIR: join(folder, "data") }),
    ...extra,
  }
  const release = async (): Promise<void> => {
    await redis?.stop()
    clean()
  }
  const hub = new Hub(environment, release, redis)
  const started = await Promise.allSettled(
    Array.from({ length: redis ? 2 : 1 }, () => startNode(environment)),
  )
  for (const each of started) if (each.status === "fulfilled") hub.nodes.push(each.value)
  const failed = started.find((each) => each.status === "rejected")
  if (!failed) return hub
  await hub.stop()
  throw failed.reason
}
