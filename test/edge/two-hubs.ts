/** Two nodes in this process over one real Redis, wired as the process does it, and devices that connect to either. */

import { redisSignals } from "../../src/edge/signals.ts"
import { createHub, type Hub } from "../../src/hub.ts"
import { systemClock } from "../../src/lib/clock.ts"
import { createLog } from "../../src/lib/log.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { Admin } from "../acceptance/admin.ts"
import { Device } from "../acceptance/device.ts"
import { claimsOf, type Key, mint } from "../acceptance/tokens.ts"
import type { Connection } from "../acceptance/wire.ts"

const ADMIN_TOKEN = "the admin token of this test"
const SESSION_SECRET = "the session secret of this test, long enough"
const UNLIMITED = { sendsPerSecond: 100_000, burst: 100_000 }

interface Node {
  readonly url: string
  readonly hub: Hub
  close(): Promise<void>
}

async function startNode(redisUrl: string): Promise<Node> {
  // What Redis does to the connections is part of the tests; it must not fill their output.
  const quiet = () => undefined
  const store = await openRedis({ url: redisUrl, onError: quiet })
  const signals = await redisSignals(redisUrl, quiet)
  const hub = createHub({
    store,
    clock: systemClock,
    log: createLog({ level: "error", sink: (line) => void process.stderr.write(line), now: Date.now }),
    adminToken: ADMIN_TOKEN,
    sessionSecret: SESSION_SECRET,
    partitions: 1,
    adapter: signals.adapter,
    development: false,
    drainMs: 0,
  })
  return {
    hub,
    url: await hub.listen(0, "127.0.0.1"),
    async close() {
      await hub.close()
      await store.close()
      signals.close()
    },
  }
}

export class TwoHubs {
  readonly #nodes: readonly Node[]
  readonly #app: { readonly id: string; readonly key: Key }
  readonly #devices = new Set<Device>()

  private constructor(nodes: readonly Node[], app: { readonly id: string; readonly key: Key }) {
    this.#nodes = nodes
    this.#app = app
  }

  static async start(redisUrl: string): Promise<TwoHubs> {
    const nodes = await Promise.all([startNode(redisUrl), startNode(redisUrl)])
    const admin = new Admin(nodes[0]?.url ?? "", ADMIN_TOKEN)
    const id = await admin.createApp({
      conversationMode: "single",
      agentWorkspace: true,
      rateLimits: UNLIMITED,
    })
    return new TwoHubs(nodes, { id, key: await admin.createKey(id) })
  }

  async stop(): Promise<void> {
    for (const device of this.#devices) device.socket.disconnect()
    await Promise.all(this.#nodes.map((node) => node.close()))
  }

  token(externalId: string): string {
    return mint(this.#app.key, claimsOf(externalId))
  }

  async visitor(on: number, more: Partial<Connection> = {}): Promise<Device> {
    const url = this.#nodes[on % this.#nodes.length]?.url ?? ""
    const device = new Device({ url, appId: this.#app.id, ...more })
    this.#devices.add(device)
    return await device.open()
  }

  member(externalId: string, on: number): Promise<Device> {
    return this.visitor(on, { channel: "ios", jwt: this.token(externalId) })
  }

  leave(device: Device): void {
    this.#devices.delete(device)
    device.socket.disconnect()
  }
}
