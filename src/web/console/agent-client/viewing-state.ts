/**
 * Signals that end by themselves: who is typing, and which colleague has a conversation open. An agent
 * who opens a conversation is answered by the colleagues who have it open, so they know of all of them.
 */
import type { Agent } from "../../../protocol/agent.ts"
import type { Author } from "../../../protocol/model.ts"
import { noteAgentName } from "./apply-event.ts"
import { type Lasting, resolve, type Side } from "./state.ts"
import type { Workbench } from "./workbench.ts"

const TYPING_MS = 10_000
/** The hub ends a `viewing:start` after 30 s; it is repeated well before that. */
const VIEWING_MS = 30_000
export const VIEWING_AGAIN_MS = 12_000

export function announceViewing(bench: Workbench): void {
  const { opened } = bench.state
  if (opened?.conversationId === undefined || !bench.live) return
  bench.request("viewing:start", { conversationId: opened.conversationId })
}

export function stopViewing(bench: Workbench): void {
  const { opened } = bench.state
  if (opened?.conversationId === undefined || !bench.live) return
  bench.request("viewing:stop", { conversationId: opened.conversationId })
}

export function viewing(bench: Workbench, conversation: string, agent: Agent, active: boolean): void {
  const conversationId = resolve(bench.state, conversation)
  noteAgentName(bench, agent.id, agent.name)
  if (agent.id === bench.state.agent?.id) return
  const before = bench.state.viewers.get(conversationId) ?? []
  const others = before.filter(({ who }) => who.id !== agent.id)
  const next = active ? [...others, { who: agent, until: bench.now + VIEWING_MS }] : others
  if (next.length > 0) bench.own("viewers").set(conversationId, next)
  else if (before.length > 0) bench.own("viewers").delete(conversationId)
  const news = active && others.length === before.length
  if (news && bench.state.opened?.conversationId === conversationId) announceViewing(bench)
}

export function typing(bench: Workbench, conversation: string, author: Author, active: boolean): void {
  const conversationId = resolve(bench.state, conversation)
  const side: Side = author.type === "user" ? "user" : "business"
  if (side === "business" && author.id === bench.state.agent?.id) return
  if (side === "business") noteAgentName(bench, author.id, author.name)
  const before = bench.state.typing.get(conversationId) ?? []
  const others = before.filter(({ who }) => who !== side)
  const next = active ? [...others, { who: side, until: bench.now + TYPING_MS }] : others
  if (next.length > 0) bench.own("typing").set(conversationId, next)
  else if (before.length > 0) bench.own("typing").delete(conversationId)
}

/** Removes signals that have ended. */
export function expire(bench: Workbench): void {
  for (const name of ["typing", "viewers"] as const) {
    for (const [id, all] of bench.state[name] as ReadonlyMap<string, readonly Lasting<unknown>[]>) {
      const left = all.filter(({ until }) => until > bench.now)
      if (left.length === all.length) continue
      if (left.length === 0) bench.own(name).delete(id)
      // The boundary: a part of a list of this map is a value of this map.
      else (bench.own(name) as Map<string, readonly Lasting<unknown>[]>).set(id, left)
    }
  }
}
