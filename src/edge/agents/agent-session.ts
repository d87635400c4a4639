/** One console's session: whose token it presented, what it watches, and its positions in the feed. */
import { type AgentFeedItem, agentItemsAfter, goesOn, withOwnCursor } from "../../app/agents/agent-feed.ts"
import { FeedPositions } from "../../app/agents/feed-positions.ts"
import { countByStatus } from "../../app/agents/ticket-list.ts"
import type { App } from "../../app/app.ts"
import type { HandedOver } from "../../app/send-message.ts"
import { settingsOf } from "../../app/snapshot.ts"
import type { Clock } from "../../lib/clock.ts"
import { SerialQueue } from "../../lib/serial-queue.ts"
import type { Agent, AgentEvent, AgentReady, AgentSignalData } from "../../protocol/agent.ts"
import { HubError } from "../../protocol/errors.ts"
import type { SentToAgent } from "../../protocol/socket-events.ts"
import { watchExpiry } from "../auth/expiry.ts"
import type { AgentClaims } from "../auth/token-verifier.ts"
import type { Console, ConsoleFeed, ConsoleFeeds } from "../delivery/console-feeds.ts"
import { Scope } from "./watch-scope.ts"

export interface AgentTransport {
  readonly id: string
  ready(state: AgentReady): void
  event(event: AgentEvent): void
  signal<S extends keyof AgentSignalData>(signal: S, data: SentToAgent[S]): void
  /** Joins the rooms of the signals for this scope; `undefined`: none. */
  watch(scope: Scope | undefined): void
}

export interface AgentSessionDeps {
  readonly clock: Clock
  readonly feeds: ConsoleFeeds
  cut(session: AgentSession): void
  /**
   * Called when the session begins or ceases to count as an agent who is online: with its first state, and when its
   * token ends.
   */
  present(session: AgentSession, here: boolean): void
}

export type ConsoleState = "live" | "expired" | "revoked"

export interface Resumed {
  readonly state: AgentReady
  /** The feed's positions up to which the state, with its events, holds everything. */
  readonly upTo: FeedPositions
}

export class AgentSession implements Console {
  readonly app: App
  readonly transport: AgentTransport
  readonly #deps: AgentSessionDeps
  held: AgentFeedItem[] | undefined
  scope: Scope
  #claims: AgentClaims
  #state: ConsoleState = "live"
  /**
   * The positions up to which the console had everything when it was released; moved on while this node's feed is
   * behind them.
   */
  #known = new FeedPositions([])
  /** The partitions in which the console is ahead of this node's feed. */
  readonly #ahead = new Set<number>()
  #feed: ConsoleFeed | undefined
  #cancelTimer: () => void = () => undefined
  #closed = false
  /** The store may have lost events that are held here or were sent: a new full state is needed. */
  #stale = false
  /** Runs its commands one after another. Only sends overlap: the store keeps their order. */
  readonly turns = new SerialQueue<HandedOver>()

  constructor(app: App, claims: AgentClaims, deps: AgentSessionDeps, transport: AgentTransport) {
    this.app = app
    this.transport = transport
    this.#deps = deps
    this.#claims = claims
    this.scope = new Scope(claims.agentId)
    this.renew(claims)
  }

  get agent(): Agent {
    const { agentId: id, name } = this.#claims
    return { id, ...(name !== undefined && { name }) }
  }

  get kid(): string {
    return this.#claims.kid
  }

  get state(): ConsoleState {
    return this.#state
  }

  /** Whether its token is valid and its connection open. */
  get live(): boolean {
    return this.#state === "live" && !this.#closed
  }

  /** @throws HubError `forbidden` for another agent's token: a console belongs to the agent who opened it */
  renew(claims: AgentClaims): void {
    if (claims.agentId !== this.#claims.agentId)
      throw new HubError("forbidden", "The token names another agent.")
    this.#cancelTimer()
    this.#claims = claims
    this.#state = "live"
    const { expiresAt } = claims
    this.#cancelTimer = watchExpiry(this.#deps.clock, expiresAt, {
      soon: () => this.transport.signal("auth:expiring", { expiresAt }),
      over: () => this.#expire(),
    })
  }

  #expire(): void {
    this.#end("expired", () => this.transport.signal("auth:expired", {}))
  }

  revoke(): void {
    if (this.#state === "revoked") return
    this.#end("revoked", () => this.transport.signal("auth:revoked", { reason: "key_deleted" }))
  }

  /** Goes back to the former state after a failed renewal. */
  restoreState(state: ConsoleState): void {
    this.#cancelTimer()
    this.#state = state
    this.#leave()
  }

  /**
   * Asks the clock, because the timer may be late after the machine slept.
   *
   * @throws HubError `token_expired`, `token_revoked`
   */
  demandLive(): void {
    if (this.#state === "live" && this.#claims.expiresAt <= this.#deps.clock.now()) this.#expire()
    if (this.#state === "expired") throw new HubError("token_expired")
    if (this.#state === "revoked") throw new HubError("token_revoked")
  }

  /** Follow, read, release, as for end users [P2]. */
  async enter(cursor?: string): Promise<Resumed> {
    const before = this.#feed
    const stale = this.#stale
    this.held = []
    this.#stale = false
    try {
      this.#feed ??= await this.#deps.feeds.enterApp(this.app, this)
      if (this.#closed || this.#state !== "live") this.#leave()
      const resumed = await this.#resume(cursor)
      this.demandLive()
      return resumed
    } catch (error) {
      // A console that was in this feed before has held everything since then, and goes on.
      if (before && this.#feed === before) {
        this.#stale ||= stale
        this.#letGo()
      } else this.#leave()
      throw error
    }
  }

  async #resume(cursor: string | undefined): Promise<Resumed> {
    const counts = await countByStatus(this.app)
    const missed = cursor === undefined ? undefined : await agentItemsAfter(this.app, cursor)
    const settings = settingsOf(this.app)
    if (missed) {
      const { events, positions } = missed
      return {
        state: {
          agent: this.agent,
          cursor: positions.cursor(this.app.now()),
          resumed: true,
          events,
          settings,
          counts,
        },
        upTo: positions,
      }
    }
    const positions = await this.#feed?.positions()
    const upTo = positions ?? (await FeedPositions.now(this.app))
    return {
      state: { agent: this.agent, cursor: upTo.cursor(this.app.now()), resumed: false, settings, counts },
      upTo,
    }
  }

  release({ upTo }: Resumed): void {
    if (this.held && !goesOn(upTo, this.held)) this.#stale = true
    this.#known = upTo
    this.#ahead.clear()
    for (const partition of upTo.heads.keys()) this.#ahead.add(partition)
    this.#letGo()
    const behind = this.#feed?.behind(this.#known) ?? []
    for (const partition of this.#ahead) if (!behind.includes(partition)) this.#ahead.delete(partition)
  }

  #letGo(): void {
    const held = this.held ?? []
    this.held = undefined
    if (!this.#feed || this.#closed || this.#state !== "live") return
    this.#deps.present(this, true)
    this.transport.watch(this.scope)
    if (this.#stale) this.#startOver()
    else for (const item of held) this.#pass(item)
  }

  watch(scope: Scope): void {
    this.scope = scope
    if (this.#state === "live" && !this.held) this.transport.watch(scope)
  }

  deliver(item: AgentFeedItem): void {
    if (this.held) this.held.push(item)
    else this.#pass(item)
  }

  reset(): void {
    const released = !this.held
    this.#stale = true
    this.held = []
    // If a state is being read just now, the next one is read after that one was released.
    if (released) this.#startOver()
  }

  #startOver(): void {
    this.held = []
    this.turns
      .run(async () => {
        if (this.#closed || this.#state !== "live" || !this.#stale) return
        const resumed = await this.enter()
        this.transport.ready(resumed.state)
        this.release(resumed)
      })
      .catch(() => {
        if (this.#state === "live") this.#deps.cut(this)
      })
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer()
    this.#leave()
  }

  /** Sends an event, unless the console has it: its state may be ahead of this node's feed. */
  #pass(item: AgentFeedItem): void {
    const { partition, offset } = item.event
    const { n } = this.#known.at(partition)
    const ahead = this.#ahead.size > 0
    if (offset >= n) this.#ahead.delete(partition)
    if (offset <= n) return
    const event = ahead ? withOwnCursor(this.app, item, this.#known) : item.event
    if (this.scope.follows(item)) this.transport.watch(this.scope)
    if (this.#claims.expiresAt <= this.#deps.clock.now()) this.#expire()
    else if (this.scope.covers(item)) this.transport.event(event)
  }

  #end(state: ConsoleState, tell: () => void): void {
    this.#state = state
    this.#cancelTimer()
    this.#leave()
    tell()
  }

  #leave(): void {
    this.transport.watch(undefined)
    this.held = undefined
    this.#stale = false
    this.#deps.present(this, false)
    const feed = this.#feed
    this.#feed = undefined
    if (feed) this.#deps.feeds.leave(feed, this)
  }
}
