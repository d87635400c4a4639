/** A built hub of one store, watched from outside, on which one flood after another is let loose. */
import { setTimeout as delay } from "node:timers/promises"
import { type Hub, startHub, type Variant } from "../acceptance/harness.ts"
import { ADMIN_TOKEN, type HubNode } from "../acceptance/hub-process.ts"
import { bundled } from "../bundled.ts"
import { Attackers } from "./attackers-process.ts"
import { BareServer } from "./bare-server.ts"
import { BURST_MS, LIVE_MS, type Outcome, tookMore } from "./bounds.ts"
import { Bystanders, live } from "./bystanders.ts"
import type { Flood } from "./flood.ts"
import { Gauge, share } from "./gauge.ts"
import { Inspector } from "./inspector.ts"
import type { Assignment } from "./mob.ts"

/** The proxy that tells who comes from where is this machine: attackers and others live at different addresses. */
const ENVIRONMENT = {
  TRUSTED_PROXIES: "127.0.0.1",
  NODE_OPTIONS: "--inspect=127.0.0.1:0",
  LOG_LEVEL: "error",
}
/** Nonsense is over when all of it was said, and at the latest then. */
const NONSENSE_MS = 240_000
/** Of its connections twenty a second are ended, and each is let go of within half a second; what the others hold is there. */
const ENDED_MS = 1_000

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

  /** What a bare server takes for a crowd's connections is looked at where the hub takes more than one connection may. */
  async suffer(flood: Flood, lengths: Lengths): Promise<Outcome> {
    const outcome = await this.#measure(flood, lengths)
    if (!tookMore(outcome)) return outcome
    const { connectionsLater } = outcome.deeds
    const each = await this.bareSeconds(flood, lengths)
    const bare = (each * connectionsLater * 1_000) / (lengths.floodMs - BURST_MS)
    return { ...outcome, core: { ...outcome.core, bare } }
  }

  /** @returns seconds of a core that a bare server takes for a connection of the same attackers */
  async bareSeconds(flood: Flood, lengths: Lengths): Promise<number> {
    const attackers = new Attackers(await this.#attacker)
    const server = await BareServer.start()
    try {
      await attackers.arm(await this.#order(await this.#rested(), flood, lengths))
      const gauge = new Gauge([server.pid])
      const { connections } = await attackers.attack(lengths.floodMs, server.url)
      const samples = gauge.stop()
      const seconds = (samples.at(-1)?.core ?? 0) - (samples[0]?.core ?? 0)
      return connections === 0 ? 0 : seconds / connections
    } finally {
      await attackers.leave()
      server.end()
    }
  }

  async #order(hub: Hub, flood: Flood, { floodMs, scale, seed }: Lengths): Promise<Assignment> {
    const admin = hub.admin()
    const appId = await admin.createApp({ conversationMode: "multi", agentWorkspace: true })
    this.#floods += 1
    return {
      flood: flood.name,
      address: `198.51.100.${this.#floods % 250}`,
      url: hub.node(0).url,
      appId,
      key: await admin.createKey(appId),
      agentKey: await admin.createKey(appId, "agent"),
      adminToken: ADMIN_TOKEN,
      milliseconds: floodMs,
      scale,
      seed,
    }
  }

  async #measure(flood: Flood, lengths: Lengths): Promise<Outcome> {
    const { calmMs } = lengths
    const counted = flood.name === "nonsense"
    const floodMs = counted ? NONSENSE_MS : lengths.floodMs
    const hub = await this.#rested()
    const node = hub.node(0)
    const order = await this.#order(hub, flood, { ...lengths, floodMs })
    const bystanders = new Bystanders(node.url)
    const inspector = new Inspector(node.output)
    const attackers = new Attackers(await this.#attacker)
    try {
      await bystanders.arrive(order.appId, order.key, order.agentKey)
      await attackers.arm({ ...order, ...(counted && { frames: lengths.frames }) })
      const pids = [node.pid, ...(await storePids(hub))]
      const quiet = new Gauge(pids)
      const calm = await bystanders.feel(calmMs)
      const usual = whole(quiet.stop())
      const before = await inspector.alive()
      const gauge = new Gauge(pids)
      const begun = performance.now()
      const over = new AbortController()
      const attack = attackers.attack(floodMs, node.url).finally(() => over.abort())
      const [under, deeds] = await Promise.all([bystanders.feel(floodMs, over.signal), attack])
      const samples = gauge.stop()
      if (counted) await delay(ENDED_MS)
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
