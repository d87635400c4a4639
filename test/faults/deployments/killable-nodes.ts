/** The nodes of the hub in a deployment: killed, restarted on their ports, and reached by people through proxies of their own. */
import { setTimeout as delay } from "node:timers/promises"
import { Admin } from "../../acceptance/admin-caller.ts"
import {
  ADMIN_TOKEN,
  type Environment,
  type HubNode,
  SESSION_SECRET,
  startNode,
} from "../../acceptance/hub-process.ts"
import { type FaultProxy, startFaultProxy } from "../../store/fault-proxy.ts"
import { eventually } from "../eventually.ts"
import type { Fault } from "../schedule.ts"
import type { Strike } from "./deployment.ts"

const READY_MS = 40_000
const LATE_MS = 15

/** A hub ends where its store does not answer while it starts, and whatever runs it starts it again. */
const MAX_STARTS = 5

async function started(environment: Environment): Promise<HubNode> {
  for (let starts = 1; ; starts += 1) {
    try {
      return await startNode(environment)
    } catch (error) {
      if (starts >= MAX_STARTS || !String(error).includes("it does not answer")) throw error
    }
  }
}

export class Nodes {
  readonly proxies: FaultProxy[] = []
  readonly #nodes: HubNode[] = []
  readonly #environments: readonly Environment[]

  private constructor(environments: readonly Environment[]) {
    this.#environments = environments
  }

  /** @param environments of each node, beside what all have */
  static async start(environments: readonly Environment[]): Promise<Nodes> {
    const nodes = new Nodes(environments)
    try {
      for (const environment of environments) {
        const node = await started(whole(environment, "0"))
        nodes.#nodes.push(node)
        nodes.proxies.push(await startFaultProxy(Number(node.port)))
      }
      return nodes
    } catch (error) {
      await nodes.stop()
      throw error
    }
  }

  get urls(): string[] {
    return this.proxies.map(({ port }) => `http://127.0.0.1:${port}`)
  }

  admin(): Admin {
    return new Admin(this.#node(0).url, ADMIN_TOKEN)
  }

  #node(which: number): HubNode {
    const node = this.#nodes[which % this.#nodes.length]
    if (!node) throw new Error("no node")
    return node
  }

  #proxy(which: number): FaultProxy {
    const node = this.proxies[which % this.proxies.length]
    if (!node) throw new Error("no proxy")
    return node
  }

  async kill(which: number): Promise<void> {
    await this.#node(which).kill()
  }

  /** On its old port, as after a deploy or a crash. */
  async restart(which: number): Promise<void> {
    const at = which % this.#nodes.length
    this.#nodes[at] = await started(whole(this.#environments[at] ?? {}, this.#node(at).port))
  }

  async calm(): Promise<void> {
    for (const node of this.proxies) {
      node.fault = "none"
      node.late = 0
      node.flow()
    }
    for (const node of this.#nodes) {
      const ready = () =>
        fetch(`${node.url}/health/ready`).then(
          ({ status }) => status === 200,
          () => false,
        )
      await eventually(`a node that is ready; it said: ${node.output.slice(-500)}`, ready, READY_MS)
    }
  }

  /** Resolves when no node says that it is ready: one that does where nothing can be written gets work that it must refuse. */
  async unready(): Promise<void> {
    for (const node of this.#nodes) {
      const ready = () =>
        fetch(`${node.url}/health/ready`).then(
          ({ status }) => status === 200,
          () => false,
        )
      await eventually("a node that is not ready", async () => !(await ready()), READY_MS)
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.kill()))
    await Promise.all(this.proxies.map((node) => node.close()))
  }

  /** What can go wrong with nodes and with the network before them, wherever they stand. */
  readonly faults: Readonly<Record<string, Strike>> = {
    "node killed": async ({ which, lasts }) => {
      await this.kill(which)
      await delay(lasts)
      await this.restart(which)
      return undefined
    },
    "rolling restart": async () => {
      for (const at of this.#nodes.keys()) {
        await this.#node(at).stop()
        await this.restart(at)
      }
      return undefined
    },
    "client cut": async ({ which }) => {
      this.#proxy(which).cut()
      return undefined
    },
    "client stalled": (fault) => stalled(this.#proxy(fault.which), fault),
    "client half open": (fault) => halfOpen(this.#proxy(fault.which), fault),
    "client mute": (fault) => muted(this.#proxy(fault.which), fault),
    "client late": (fault) => late(this.#proxy(fault.which), fault),
  }
}

const whole = (environment: Environment, port: string): Environment => ({
  NODE_ENV: "production",
  HOST: "127.0.0.1",
  ADMIN_TOKEN,
  SESSION_SECRET,
  DRAIN_MS: "1000",
  LOG_LEVEL: "warn",
  ...environment,
  PORT: port,
})

/** Nothing passes for a while, then all of it. */
export async function stalled(node: FaultProxy, { lasts }: Fault): Promise<undefined> {
  node.stall()
  await delay(lasts)
  node.flow()
}

/** Connections stay open and silent, until the other end gives them up. */
export async function halfOpen(node: FaultProxy, { lasts }: Fault): Promise<undefined> {
  node.abandon()
  await delay(lasts)
  node.cut()
}

/** What is asked arrives, what is answered gets lost; then the connections end. */
export async function muted(node: FaultProxy, { lasts }: Fault): Promise<undefined> {
  node.fault = "mute"
  await delay(lasts)
  node.fault = "none"
  node.cut()
}

export async function late(node: FaultProxy, { lasts }: Fault): Promise<undefined> {
  node.late = LATE_MS
  await delay(lasts)
  node.late = 0
}
