/** A built hub of one store, watched from outside, on which one flood after another is let loose. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { type Hub, startHub, type Variant } from "../acceptance/harness.ts"
import { ADMIN_TOKEN, type HubNode } from "../acceptance/hub-process.ts"
import { bundled } from "../bundled.ts"
import type { Said } from "./attacker.ts"
import { LIVE_MS, type Outcome } from "./bounds.ts"
import { BURST_MS, Bystanders, live } from "./bystanders.ts"
import type { Flood } from "./flood.ts"
import { Gauge, share } from "./gauge.ts"
import { Inspector } from "./inspector.ts"
import type { Assignment, Deeds } from "./mob.ts"

/** The proxy that tells who comes from where is this machine: attackers and others live at different addresses. */
const ENVIRONMENT = {
  TRUSTED_PROXIES: "127.0.0.1",
  NODE_OPTIONS: "--inspect=127.0.0.1:0",
  LOG_LEVEL: "error",
}
/** Nonsense is over when all of it was said, and at the latest then. */
const NONSENSE_MS = 240_000

export interface Lengths {
  readonly calmMs: number
  readonly floodMs: number
  readonly scale: number
  /** The fuzzer's frames and what they are made from. */
  readonly frames: number
  readonly seed: number
}

export class Stage {
  readonly variant: Variant
  readonly #attacker = bundled("test/abuse/attacker.ts")
  #hub: Hub | undefined
  #floods = 0

  constructor(variant: Variant) {
    this.variant = variant
  }

  async hub(): Promise<Hub> {
    this.#hub ??= await startHub(this.variant, ENVIRONMENT, 1)
    return this.#hub
  }

  async end(): Promise<void> {
    await this.#hub?.stop()
    this.#hub = undefined
  }

  /** What the flood before left to do is done, or another hub is there. */
  async #rested(): Promise<Hub> {
    const hub = await this.hub()
    const { url } = hub.node(0)
    for (let tries = 0; tries < 10; tries += 1) if ((await live(url)) < LIVE_MS / 2) return hub
    await this.#bury(hub.node(0))
    return this.hub()
  }

  /** Dead, or as good as dead: the next flood meets a new one. */
  async #bury(node: HubNode): Promise<void> {
    await node.kill()
    await this.end()
  }

  async suffer(flood: Flood, lengths: Lengths): Promise<Outcome> {
    const { calmMs, scale, seed } = lengths
    const counted = flood.name === "nonsense"
    const floodMs = counted ? NONSENSE_MS : lengths.floodMs
    const hub = await this.#rested()
    const node = hub.node(0)
    const admin = hub.admin()
    const appId = await admin.createApp({ conversationMode: "multi", agentWorkspace: true })
    const key = await admin.createKey(appId)
    const agentKey = await admin.createKey(appId, "agent")
    const bystanders = new Bystanders(node.url)
    const inspector = new Inspector(node.output)
    const attackers = new Attackers(await this.#attacker)
    this.#floods += 1
    const address = `198.51.100.${this.#floods % 250}`
    const order = { flood: flood.name, address, url: node.url, appId, key, agentKey, adminToken: ADMIN_TOKEN }
    try {
      await bystanders.arrive(appId, key, agentKey)
      await attackers.arm({
        ...order,
        milliseconds: floodMs,
        scale,
        seed,
        ...(counted && { frames: lengths.frames }),
      })
      const pids = [node.pid, ...(await storePids(hub))]
      const quiet = new Gauge(pids)
      const calm = await bystanders.feel(calmMs)
      const usual = whole(quiet.stop())
      const before = await inspector.alive()
      const gauge = new Gauge(pids)
      const begun = performance.now()
      const over = new AbortController()
      const attack = attackers.attack(floodMs).finally(() => over.abort())
      const [under, deeds] = await Promise.all([bystanders.feel(floodMs, over.signal), attack])
      const samples = gauge.stop()
      const held = (await inspector.alive().catch(() => Number.NaN)) - before
      const alive = node.alive && !Number.isNaN(held)
      if (!alive) await this.#bury(node)
      const beyond = (from: number, to: number): number =>
        Math.max(0, share(samples, begun + from, begun + to) - usual)
      return {
        flood: flood.name,
        connections: flood.connections,
        calm,
        under,
        core: {
          first: beyond(0, BURST_MS),
          later: beyond(BURST_MS, floodMs),
          judged: !counted && floodMs >= 3 * BURST_MS,
        },
        memory: {
          held,
          peak: Math.max(...samples.map(({ bytes }) => bytes)) - (samples[0]?.bytes ?? 0),
        },
        deeds,
        missing: counted ? Math.max(0, lengths.frames - deeds.frames) : 0,
        alive,
      }
    } finally {
      await attackers.leave()
      bystanders.leave()
      inspector.close()
    }
  }
}

const whole = (samples: Parameters<typeof share>[0]): number => share(samples, 0, Number.POSITIVE_INFINITY)

/** What the store burns is burnt by the same attacker. */
async function storePids({ redis }: Hub): Promise<number[]> {
  const found = /process_id:(\d+)/.exec((await redis?.cli("info", "server")) ?? "")?.[1]
  return found === undefined ? [] : [Number(found)]
}

const ARMING_MS = 120_000
const ENDING_MS = 60_000

class Attackers {
  readonly #child: ChildProcess

  constructor(program: string) {
    this.#child = fork(program)
  }

  async arm(assignment: Assignment): Promise<void> {
    this.#child.send(assignment)
    const words = await this.#hear(ARMING_MS)
    if (words.said === "failed") throw new Error(words.why)
  }

  async attack(milliseconds: number): Promise<Deeds> {
    this.#child.send("attack")
    const words = await this.#hear(milliseconds + ENDING_MS)
    if (words.said === "done") return words.deeds
    throw new Error(words.said === "failed" ? words.why : "the attackers do not know what to do")
  }

  async leave(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, "exit")
    if (this.#child.connected) this.#child.send("leave")
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5_000)
    await gone
    clearTimeout(timer)
  }

  async #hear(within: number): Promise<Said> {
    const [words] = await Promise.race([
      once(this.#child, "message", { signal: AbortSignal.timeout(within) }),
      once(this.#child, "exit").then(([code]) => {
        throw new Error(`the attackers' process ended with ${code}`)
      }),
    ])
    return words as Said
  }
}
