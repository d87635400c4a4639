/**
 * The stage of a scenario: a hub that is lent to it, a new app for each test, and devices that are closed and judged
 * when the test ends.
 */
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest"
import type { Admin, Person } from "./admin-caller.ts"
import { type Hub, startHub, VARIANTS, type Variant } from "./harness.ts"
import { ADMIN_TOKEN, SESSION_SECRET } from "./hub-process.ts"
import { borrowHub } from "./lent-hub.ts"
import { type Connection, Device, Refused } from "./person-device.ts"
import type { FeedEvent, WireError } from "./shapes.ts"
import { type Claims, claimsOf, type Key, mint } from "./tokens.ts"

/** Sends are only limited where the limit is what is tested. */
const UNLIMITED = { sendsPerSecond: 100_000, burst: 100_000 }

type Options = Partial<Connection> & {
  /** The node to connect to; with one node there, always that. */
  on?: number
}

export class World {
  readonly variant: Variant
  readonly #devices = new Set<Device>()
  /** The event of each feed at each offset, on whichever device: [P2] the same on all devices. */
  readonly #feeds = new Map<string, string>()
  readonly #disagreements: string[] = []
  readonly secrets = new Set([ADMIN_TOKEN, SESSION_SECRET])
  readonly #open: () => Promise<Hub>
  #hub: Hub | undefined

  /** @param open a hub for this world, that is stopped with it or given back; by default one that is lent */
  constructor(variant: Variant, open = () => borrowHub(variant)) {
    this.variant = variant
    this.#open = open
  }

  get hub(): Hub {
    if (!this.#hub) throw new Error("the hub has not started")
    return this.#hub
  }

  async begin(): Promise<void> {
    this.#hub = await this.#open()
  }

  async end(): Promise<void> {
    const leaked = await this.#hub?.leaked([...this.secrets])
    await this.#hub?.stop()
    expect(leaked ?? [], "no token in any log output of the hub").toEqual([])
  }

  async app(settings: Record<string, unknown> = {}): Promise<App> {
    const admin = this.hub.admin()
    const all = { conversationMode: "single", agentWorkspace: true, rateLimits: UNLIMITED, ...settings }
    const id = await admin.createApp(all)
    const key = await admin.createKey(id)
    this.secrets.add(key.secret)
    return new App(this, id, key)
  }

  device(connection: Connection): Device {
    const device = new Device(connection)
    this.#devices.add(device)
    device.onEvent = (userId, event) => this.#compare(userId, event)
    return device
  }

  #compare(userId: string, event: FeedEvent): void {
    const entry = `${userId} ${event.offset}`
    const received = canonical({ type: event.type, at: event.at, data: event.data })
    const before = this.#feeds.get(entry)
    if (before === undefined) this.#feeds.set(entry, received)
    else if (before !== received) this.#disagreements.push(`[P2] ${entry}: ${before} and ${received}`)
  }

  /** After every test: each device closed, no rule broken in anything it saw. */
  judge(): void {
    const breaches = [...this.#devices].flatMap((device) => [...device.breaches, ...device.view.breaches])
    breaches.push(...this.#disagreements)
    for (const device of this.#devices) {
      for (const token of device.tokens) this.secrets.add(token)
      device.socket.disconnect()
    }
    this.#devices.clear()
    this.#feeds.clear()
    this.#disagreements.length = 0
    expect(breaches.slice(0, 5)).toEqual([])
    expect(
      this.hub.nodes.every((node) => node.alive),
      "the hub never crashes",
    ).toBe(true)
  }
}

export class App {
  readonly #world: World
  readonly id: string
  readonly key: Key

  constructor(world: World, id: string, key: Key) {
    this.#world = world
    this.id = id
    this.key = key
  }

  admin(on = 0): Admin {
    return this.#world.hub.admin(on)
  }

  token(externalId: unknown, more: Claims = {}, key: Key = this.key): string {
    return this.tokenOf(claimsOf(externalId, more), key)
  }

  tokenOf(claims: Claims, key: Key = this.key): string {
    const token = mint(key, claims)
    this.#world.secrets.add(token)
    return token
  }

  /** A device that has not opened its connection yet. */
  closed({ on = 0, ...options }: Options = {}): Device {
    return this.#world.device({ url: this.#world.hub.node(on).url, appId: this.id, ...options })
  }

  /** An anonymous visitor in the browser, or the user whom the options name. */
  async visitor(options: Options = {}): Promise<Device> {
    return await this.closed(options).open()
  }

  /** A phone of a signed-in person. */
  async member(externalId: string, options: Options = {}): Promise<Device> {
    return await this.visitor({ channel: "ios", jwt: this.token(externalId), ...options })
  }

  async refusal(options: Options = {}): Promise<WireError> {
    const device = this.closed(options)
    try {
      await device.open()
    } catch (refusal) {
      if (refusal instanceof Refused) return refusal.error
      throw refusal
    }
    throw new Error("the hub let it in")
  }

  async say(conversationId: string, text: string, on = 1): Promise<void> {
    await this.admin(on).say(this.id, conversationId, text)
  }

  async user(userId: string): Promise<Person> {
    return await this.admin().user(this.id, userId)
  }

  async holder(externalId: string): Promise<Person> {
    return await this.admin().holder(this.id, externalId)
  }

  async merge(survivor: string, discarded: string, on = 0): Promise<void> {
    await this.admin(on).merge(this.id, survivor, discarded)
  }

  async texts(conversationId: string): Promise<string[]> {
    const all: string[] = []
    for (let query = ""; ; ) {
      const page = await this.admin().page(this.id, conversationId, query)
      all.unshift(
        ...page.messages.map(({ content }) => (content.type === "text" ? content.text : content.type)),
      )
      if (!page.more) return all
      query = `?before=${encodeURIComponent(page.messages[0]?.position ?? "")}`
    }
  }
}

/**
 * One story told over both stores: [P6] one node or many, the same hub.
 *
 * @param alone on a hub that nobody has before or after: for stories in which processes die
 */
export function onBoth(title: string, tell: (world: World) => void, { alone = false } = {}): void {
  describe.each(VARIANTS)(`${title} (%s)`, (variant) => {
    const world = new World(variant, alone ? () => startHub(variant) : undefined)
    beforeAll(() => world.begin())
    afterAll(() => world.end())
    afterEach(() => world.judge())
    tell(world)
  })
}

/** apply == fetch: what a device shows is what the hub tells when asked again. */
export async function expectTrueView(device: Device): Promise<void> {
  await device.settle()
  const fetched = await device.fetch()
  const shown = device.view.conversations()
  expect(shown.map(({ id }) => id)).toEqual(fetched.map(({ id }) => id))
  for (const [index, received] of shown.entries()) {
    const { messages, more: _, ...facts } = fetched[index] ?? received
    const { messages: seen, more, ...known } = received
    expect(known).toEqual(facts)
    const ids = new Set(seen.map(({ id }) => id))
    expect(seen).toEqual(more ? messages.filter(({ id }) => ids.has(id)) : messages)
  }
}

export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
