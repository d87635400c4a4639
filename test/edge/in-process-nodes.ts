/** Nodes in this process, wired as `main.ts` does it, and devices that connect to one or the other. */
import { type AdapterFactory, openRedisAdapter } from "../../src/edge/socket/redis-adapter.ts"
import { createHub } from "../../src/hub.ts"
import { type Clock, systemClock } from "../../src/lib/clock.ts"
import { createLog } from "../../src/lib/log.ts"
import type { Store } from "../../src/store/contract.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { Admin } from "../acceptance/admin-caller.ts"
import { Console } from "../acceptance/agent-console.ts"
import { agentClaims } from "../acceptance/agent-desk.ts"
import type { Connection } from "../acceptance/device-connection.ts"
import { Device } from "../acceptance/person-device.ts"
import { claimsOf, type Key, mint } from "../acceptance/tokens.ts"

export const ADMIN_TOKEN = "the admin token of this test"
const SESSION_SECRET = "the session secret of this test, long enough"
const UNLIMITED = { sendsPerSecond: 100_000, burst: 100_000 }

export interface Node {
  readonly url: string
  close(): Promise<void>
}

/** A node over a store, which is closed with it. */
export async function startNode(
  store: Store,
  adapter?: AdapterFactory,
  partitions = 1,
  clock: Clock = systemClock,
): Promise<Node> {
  const hub = createHub({
    store,
    clock,
    log: createLog({ level: "error", sink: (line) => void process.stderr.write(line), now: Date.now }),
    adminToken: ADMIN_TOKEN,
    sessionSecret: SESSION_SECRET,
    partitions,
    ...(adapter && { adapter }),
    development: false,
    drainMs: 0,
  })
  return {
    url: await hub.listen(0, "127.0.0.1"),
    async close() {
      await hub.close()
      await store.close()
    },
  }
}

/** What happens to the connections is part of the tests, and must not fill their output. */
const quiet = (): void => undefined

export async function startRedisNode(redisUrl: string, prefix = ""): Promise<Node> {
  const store = await openRedis({ url: redisUrl, prefix, onError: quiet })
  const signals = await openRedisAdapter({ url: redisUrl, prefix }, quiet)
  const node = await startNode(store, signals.adapter)
  return {
    url: node.url,
    async close() {
      await node.close()
      signals.close()
    },
  }
}

/** An app on these nodes, with its people. */
export class AppOnNodes {
  readonly #nodes: readonly Node[]
  readonly #app: { readonly id: string; readonly key: Key }
  readonly #admin: Admin
  readonly #devices = new Set<Device>()
  readonly #consoles: Console[] = []

  private constructor(nodes: readonly Node[], app: { readonly id: string; readonly key: Key }, admin: Admin) {
    this.#nodes = nodes
    this.#app = app
    this.#admin = admin
  }

  get appId(): string {
    return this.#app.id
  }

  static async on(...nodes: readonly Node[]): Promise<AppOnNodes> {
    const admin = new Admin(nodes[0]?.url ?? "", ADMIN_TOKEN)
    const settings = { conversationMode: "single", agentWorkspace: true, rateLimits: UNLIMITED }
    const id = await admin.createApp(settings)
    return new AppOnNodes(nodes, { id, key: await admin.createKey(id) }, admin)
  }

  async close(): Promise<void> {
    for (const { socket } of [...this.#devices, ...this.#consoles]) socket.disconnect()
    await Promise.all(this.#nodes.map((node) => node.close()))
  }

  token(externalId: string): string {
    return mint(this.#app.key, claimsOf(externalId))
  }

  /** A device that has not opened its connection yet. */
  closed(on: number, more: Partial<Connection> = {}): Device {
    const url = this.#nodes[on % this.#nodes.length]?.url ?? ""
    const device = new Device({ url, appId: this.#app.id, ...more })
    this.#devices.add(device)
    return device
  }

  visitor(on: number, more: Partial<Connection> = {}): Promise<Device> {
    return this.closed(on, more).open()
  }

  member(externalId: string, on: number, more: Partial<Connection> = {}): Promise<Device> {
    return this.visitor(on, { channel: "ios", jwt: this.token(externalId), ...more })
  }

  /** @param cursor with which it comes back, if it was here before */
  async console(agent: string, on: number, cursor?: string): Promise<Console> {
    const url = this.#nodes[on % this.#nodes.length]?.url ?? ""
    const token = mint(await this.#admin.createKey(this.#app.id, "agent"), agentClaims(agent))
    const console = new Console({ url, appId: this.#app.id, token, ...(cursor !== undefined && { cursor }) })
    this.#consoles.push(console)
    return await console.open()
  }

  /** @returns every rule that the device saw broken */
  leave(device: Device): string[] {
    this.#devices.delete(device)
    device.socket.disconnect()
    return [...device.breaches, ...device.view.breaches]
  }
}
