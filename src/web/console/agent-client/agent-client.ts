/**
 * The client of an agent. It has a state (`state-loop.ts`), into which go what comes on the connection (`socket-link.ts`),
 * what the agent does, and the time (`console-clock.ts`). What it asks the hub for is in `hub-requests.ts`.
 */
import { startClock } from "./console-clock.ts"
import type { AgentEffect, AgentInput } from "./effect.ts"
import { hubRequests } from "./hub-requests.ts"
import { openLink } from "./socket-link.ts"
import { type AgentView, INITIAL } from "./state.ts"
import { stateLoop } from "./state-loop.ts"
import { timerSet } from "./timer-set.ts"

export interface AgentClientParts {
  readonly url: string
  readonly appId: string
  readonly token: () => string
  /** Called when something new came for this agent. */
  readonly onAlert?: (alert: Extract<AgentEffect, { type: "alert" }>) => void
  /** A fresh token, if one can be had; it is presented on the open connection. */
  readonly renew?: () => Promise<string | undefined>
  readonly initial?: Partial<AgentView>
}

export interface AgentClient {
  readonly state: AgentView
  /** @param listener called after every change @returns a function that removes it */
  subscribe(listener: () => void): () => void
  act(input: AgentInput): void
  /** Sends the draft of the opened conversation. @returns the message's `localId` */
  send(): string
  typing(conversationId: string, active: boolean): void
  /** The network is back or the page is visible again, so a reconnect is tried at once. */
  wake(): void
  /** Goes on with another token, after the last one ended. */
  signIn(): void
  close(): void
}

export function createAgentClient(parts: AgentClientParts): AgentClient {
  const timers = timerSet()
  const loop = stateLoop({ ...INITIAL, ...parts.initial }, perform, timers)
  const { happen } = loop
  const link = openLink({
    url: parts.url,
    auth: () => ({ appId: parts.appId, token: parts.token(), cursor: loop.state.cursor }),
    listener: {
      ready: (state) => happen({ type: "ready", state }),
      event: loop.event,
      signal: (signal) => happen({ type: "signal", signal }),
      refused: (error) => happen({ type: "refused", error }),
      lost: () => happen({ type: "lost" }),
    },
  })
  const requests = hubRequests(loop, link, timers)
  const stopClock = startClock(loop)

  function perform(effect: AgentEffect): void {
    if (effect.type === "request") void requests.ask(effect.request)
    else if (effect.type === "later")
      timers.after(effect.afterMs, () => happen({ type: "due", what: effect.what }))
    else if (effect.type === "alert") parts.onAlert?.(effect)
    else void renew()
  }

  async function renew(): Promise<void> {
    const jwt = await parts.renew?.().catch(() => undefined)
    if (jwt !== undefined && !loop.ended) await requests.present(jwt)
  }

  return {
    get state() {
      return loop.state
    },
    subscribe: loop.subscribe,
    act: happen,
    send() {
      const localId = crypto.randomUUID()
      happen({ type: "send", localId })
      return localId
    },
    typing(conversationId, active) {
      const { connection, generation } = loop.state
      if (connection.state !== "live") return
      const command = active ? "typing:start" : "typing:stop"
      void requests.ask({ command, body: { conversationId }, generation })
    },
    wake() {
      if (loop.state.connection.state !== "signedOut") link.hurry()
    },
    signIn() {
      const { agent, connection } = loop.state
      if (agent !== undefined && connection.state === "signedOut") void requests.present(parts.token())
      link.hurry()
    },
    close() {
      loop.end()
      stopClock()
      timers.stop()
      link.close()
    },
  }
}
