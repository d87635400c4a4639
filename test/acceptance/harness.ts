/**
 * The hub as a stranger meets it: built processes, the URLs they print, and their process ids. One node on LMDB, or
 * two nodes over one Redis.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { endWithProcess } from "../orphans.ts"
import { type RedisServer, startRedis } from "../store/redis-server.ts"
import { Admin } from "./admin-caller.ts"
import { ADMIN_TOKEN, type Environment, type HubNode, SESSION_SECRET, startNode } from "./hub-process.ts"

export type Variant = "embedded" | "redis"
export const VARIANTS: readonly Variant[] = ["embedded", "redis"]

/** A hub: its nodes, its store, and the way to start a node again. */
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

  /** All that its nodes ever wrote. */
  async said(): Promise<string> {
    return this.nodes.map(({ output }) => output).join("\n")
  }

  /** @returns which of these it has said */
  async leaked(secrets: readonly string[]): Promise<readonly string[]> {
    const said = await this.said()
    return secrets.filter((secret) => secret.length >= 16 && said.includes(secret))
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
    await this.#release()
  }
}

export async function startHub(
  variant: Variant,
  extra: Environment = {},
  nodes = variant === "redis" ? 2 : 1,
): Promise<Hub> {
  const folder = mkdtempSync(join(tmpdir(), "tributary-acceptance-"))
  const clean = (): void => rmSync(folder, { recursive: true, force: true })
  const abandon = endWithProcess(clean)
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
    abandon()
  }
  const hub = new Hub(environment, release, redis)
  const started = await Promise.allSettled(Array.from({ length: nodes }, () => startNode(environment)))
  for (const each of started) if (each.status === "fulfilled") hub.nodes.push(each.value)
  const failed = started.find((each) => each.status === "rejected")
  if (!failed) return hub
  await hub.stop()
  throw failed.reason
}
