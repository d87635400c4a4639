/**
 * A state while it is reduced. Steps of the reducer write to it. Each map is copied before its first change, so a batch
 * of a thousand events copies the inbox once, and the state that it began from stays as it was.
 */
import type { AgentBody, AgentCommand } from "../../../protocol/agent.ts"
import type { AgentEffect, Request } from "./effect.ts"
import type { NoticeBody } from "./notice.ts"
import type { AgentView } from "./state.ts"

type Writable<T> = { -readonly [K in keyof T]: T[K] }

type MapName = {
  [K in keyof AgentView]: AgentView[K] extends ReadonlyMap<string, unknown> | ReadonlyMap<number, unknown>
    ? K
    : never
}[keyof AgentView]
type Grown<M> = M extends ReadonlyMap<infer K, infer V> ? Map<K, V> : never

/** The most notices on the screen at once. */
const MOST_NOTICES = 4

export class Workbench {
  readonly state: Writable<AgentView>
  readonly effects: AgentEffect[] = []
  readonly now: number
  readonly #own = new Set<MapName>()

  constructor(state: AgentView, now: number) {
    this.state = { ...state }
    this.now = now
  }

  get live(): boolean {
    return this.state.connection.state === "live"
  }

  /** A map of the state that may be written to. */
  own<M extends MapName>(name: M): Grown<AgentView[M]> {
    if (!this.#own.has(name)) {
      this.#own.add(name)
      // The boundary: a copy of a map has the keys and values of the map.
      Object.assign(this.state, { [name]: new Map(this.state[name] as ReadonlyMap<unknown, unknown>) })
    }
    return this.state[name] as unknown as Grown<AgentView[M]>
  }

  /** Replaces the map by an empty one. */
  clear(...names: readonly MapName[]): void {
    for (const name of names) {
      this.#own.add(name)
      Object.assign(this.state, { [name]: new Map() })
    }
  }

  request<C extends AgentCommand>(command: C, body: AgentBody<C>): void {
    // The boundary: command and body belong together by the signature, which the union cannot express.
    const request = { command, body, generation: this.state.generation } as Request
    this.effects.push({ type: "request", request })
  }

  effect(effect: AgentEffect): void {
    this.effects.push(effect)
  }

  notify(body: NoticeBody, ticketId?: string): void {
    const last = this.state.notices.at(-1)?.id ?? 0
    const notice = { id: last + 1, body, ...(ticketId !== undefined && { ticketId }) }
    const same = (kind: string): boolean => kind === body.kind && kind !== "refused"
    const others = this.state.notices.filter((one) => !(same(one.body.kind) && one.ticketId === ticketId))
    this.state.notices = [...others, notice].slice(-MOST_NOTICES)
  }
}
