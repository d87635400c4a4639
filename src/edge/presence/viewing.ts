/**
 * A colleague has a conversation open (docs/protocol.md 6): a signal that may be lost, sent to the consoles that watch
 * the conversation. It ends when the agent closes the conversation, when the connection closes, and by itself if not
 * repeated.
 */

import type { App } from "../../app/app.ts"
import { resolveConversation } from "../../app/conversation-lookup.ts"
import type { Clock } from "../../lib/clock.ts"
import type { Agent, AgentSignalData } from "../../protocol/agent.ts"
import type { ConversationId } from "../../protocol/branded.ts"
import { HubError } from "../../protocol/errors.ts"

const VIEWING_MS = 30_000

export interface ViewingAudience {
  readonly appId: string
  readonly conversationId: ConversationId
  readonly assigneeId: string | undefined
}

export type ViewingData = AgentSignalData["viewing"]

/** Sends the signal on every node, except to the socket that caused it. */
export type ViewingSignal = (audience: ViewingAudience, except: string, data: ViewingData) => void

interface Running {
  readonly cancel: () => void
  readonly end: () => void
}

export class Viewing {
  readonly #clock: Clock
  readonly #signal: ViewingSignal
  /** By socket, then by conversation. */
  readonly #running = new Map<string, Map<string, Running>>()

  constructor(clock: Clock, signal: ViewingSignal) {
    this.#clock = clock
    this.#signal = signal
  }

  /** @throws HubError `not_found` */
  async change(app: App, agent: Agent, socket: string, id: ConversationId, active: boolean): Promise<void> {
    const resolved = await resolveConversation(app, id)
    if (!resolved) throw new HubError("not_found", "No such conversation.")
    const conversationId = resolved.record.id
    const audience = { appId: app.id, conversationId, assigneeId: resolved.record.ticket?.assigneeId }
    const tell = (now: boolean): void =>
      this.#signal(audience, socket, { conversationId, agent, active: now })
    this.#stop(socket, conversationId)
    tell(active)
    if (!active) return
    const open = this.#running.get(socket) ?? new Map<string, Running>()
    this.#running.set(socket, open)
    const cancel = this.#clock.after(VIEWING_MS, () => {
      this.#stop(socket, conversationId)
      tell(false)
    })
    open.set(conversationId, { cancel, end: () => tell(false) })
  }

  /** The console is gone: its viewing signals end. */
  left(socket: string): void {
    for (const [conversationId, { end }] of this.#running.get(socket) ?? []) {
      this.#stop(socket, conversationId)
      end()
    }
  }

  #stop(socket: string, conversationId: ConversationId): void {
    const open = this.#running.get(socket)
    open?.get(conversationId)?.cancel()
    open?.delete(conversationId)
    if (open?.size === 0) this.#running.delete(socket)
  }
}
