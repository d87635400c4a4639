/**
 * The stage of an agents' scenario: an app with a key of role `agent`, consoles that are judged and closed when
 * the test ends, and the comparison of what they heard: one feed, the same for everybody.
 */
import { expect, onTestFinished } from "vitest"
import { Console } from "./agent-console.ts"
import { type AgentEvent, type AgentMessage, isActive, type Ticket } from "./agent-shapes.ts"
import type { Seat } from "./console-connection.ts"
import { Refused } from "./device-connection.ts"
import type { Device } from "./person-device.ts"
import type { WireError } from "./shapes.ts"
import { type Claims, type Key, nowSeconds } from "./tokens.ts"
import { type App, canonical, type World } from "./world.ts"

export const agentClaims = (sub: unknown, more: Claims = {}): Claims => ({
  scope: "agent",
  sub,
  name: typeof sub === "string" ? `Agent ${sub}` : "Agent",
  iat: nowSeconds(),
  exp: nowSeconds() + 3600,
  ...more,
})

type Options = Partial<Seat> & { on?: number; claims?: Claims }

export class Desk {
  readonly app: App
  readonly key: Key
  readonly #world: World
  readonly #consoles = new Set<Console>()
  readonly #feed = new Map<string, string>()
  readonly #disagreements: string[] = []

  constructor(world: World, app: App, key: Key) {
    this.#world = world
    this.app = app
    this.key = key
  }

  token(agent: unknown, more: Claims = {}, key: Key = this.key): string {
    return this.app.tokenOf(agentClaims(agent, more), key)
  }

  /** A console that has not opened its connection yet. */
  closed(agent: string, { on = 0, claims, ...options }: Options = {}): Console {
    const { url } = this.#world.hub.node(on)
    const console = new Console({ url, appId: this.app.id, token: this.token(agent, claims), ...options })
    this.#consoles.add(console)
    console.onEvent = (event) => this.#compare(event)
    return console
  }

  async console(agent = "ada", options: Options = {}): Promise<Console> {
    return await this.closed(agent, options).open()
  }

  async refusal(options: Options = {}): Promise<WireError> {
    const console = this.closed("ada", options)
    try {
      await console.open()
    } catch (refusal) {
      if (refusal instanceof Refused) return refusal.error
      throw refusal
    }
    throw new Error("the hub let it in")
  }

  /** A visitor or a person who has written, and the ticket that came of it. */
  async begins(console: Console, device: Device, text = "hello"): Promise<Ticket> {
    const { message } = await device.send(text)
    return await console.begun(message.conversationId)
  }

  #compare(event: AgentEvent): void {
    const entry = `${event.partition}:${event.offset}`
    const received = canonical({ type: event.type, at: event.at, data: event.data })
    const before = this.#feed.get(entry)
    if (before === undefined) this.#feed.set(entry, received)
    else if (before !== received) this.#disagreements.push(`[P2] ${entry}: ${before} and ${received}`)
  }

  judge(): void {
    const breaches = [...this.#consoles].flatMap((console) => [...console.breaches, ...console.view.breaches])
    for (const console of this.#consoles) console.socket.disconnect()
    expect([...breaches, ...this.#disagreements].slice(0, 5)).toEqual([])
  }
}

export async function openDesk(
  world: World,
  settings: Record<string, unknown> = {},
): Promise<{ app: App; desk: Desk }> {
  const app = await world.app(settings)
  const key = await app.admin().createKey(app.id, "agent")
  world.secrets.add(key.secret)
  const desk = new Desk(world, app, key)
  onTestFinished(() => desk.judge())
  return { app, desk }
}

export const said = (messages: readonly AgentMessage[]): string[] =>
  messages.map(({ content }) => (content.type === "text" ? content.text : content.type))

/** What of a ticket changes by events only; activity may also be told by the messages themselves. */
const essence = ({
  updatedAt: _,
  lastActivityAt: __,
  ...ticket
}: Ticket): Omit<Ticket, "updatedAt" | "lastActivityAt"> => ticket

/** apply == fetch, for a console that was there from the beginning. */
export async function expectTrueConsole(console: Console): Promise<void> {
  await console.settle()
  const listed = await console.list()
  const active = listed.filter(({ status }) => isActive(status))
  const fetched = active.map(({ user: _, lastMessage: __, ...ticket }) => essence(ticket))
  const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)
  expect(console.view.active().map(essence).sort(byId)).toEqual(fetched.sort(byId))
  const rooms = fetched.map(({ conversationId }) => conversationId)
  expect(new Set(rooms).size, "at most one active ticket per conversation").toBe(rooms.length)
  for (const { id, status } of listed)
    expect([id, console.view.tickets.get(id)?.status]).toEqual([id, status])
  for (const id of console.view.conversations())
    expect(console.view.messages(id)).toEqual(await console.history(id))
}
