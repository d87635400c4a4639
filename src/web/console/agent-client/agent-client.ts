/**
 * The client of an agent: keeps the state, feeds it with what comes, and does what it asks for. Events of one turn are
 * reduced together, so a burst costs one new state.
 */
import type { AgentEvent, AgentReady } from "../../../protocol/agent.ts"
import type { WireError } from "../../../protocol/errors.ts"
import type { AgentInput, Answer, Due, Effect, HubInput, Input, Request, Signal } from "./effect.ts"
import { reduce } from "./reduce-agent.ts"
import { type Link, openLink } from "./socket-link.ts"
import { type ConsoleState, INITIAL } from "./state.ts"
import { VIEWING_AGAIN_MS } from "./viewing-state.ts"

export interface AgentClientParts {
  readonly url: string
  readonly appId: string
  readonly token: () => string
  /** Tells that something new came for this agent. */
  readonly onAlert?: (alert: Extract<Effect, { type: "alert" }>) => void
  /** A fresh token, if one can be had; it is presented on the open connection. */
  readonly renew?: () => Promise<string | undefined>
  readonly initial?: Partial<ConsoleState>
}

export interface AgentClient {
  readonly state: ConsoleState
  /** Called after every change. @returns what ends it */
  subscribe(listener: () => void): () => void
  act(input: AgentInput): void
  /** Sends the open draft. @returns the name of the message until it is stored */
  send(): string
  typing(conversationId: string, active: boolean): void
  /** The network is back, or the agent looks again. */
  wake(): void
  /** Goes on with another token, after the last one ended. */
  signIn(): void
  close(): void
}

const TICK_MS = 2_000
const UNANSWERED: WireError = {
  code: "unavailable",
  message: "The hub did not answer in time.",
  retryable: true,
}

export function createAgentClient(parts: AgentClientParts): AgentClient {
  let state: ConsoleState = { ...INITIAL, ...parts.initial }
  const listeners = new Set<() => void>()
  const timers = new Set<ReturnType<typeof setTimeout>>()
  let waiting: AgentEvent[] = []
  let ticked = Date.now()
  let announced = Date.now()
  let ended = false

  const happen = (
    input: HubInput | AgentInput | { type: "due"; what: Due } | { type: "tick"; asleepMs: number },
  ): void => {
    if (ended) return
    if (input.type !== "events") flush()
    const step = reduce(state, { ...input, now: Date.now() } as Input)
    state = step.state
    for (const effect of step.effects) perform(effect)
    for (const listener of [...listeners]) listener()
  }

  const flush = (): void => {
    if (waiting.length === 0) return
    const events = waiting
    waiting = []
    happen({ type: "events", events })
  }

  const perform = (effect: Effect): void => {
    switch (effect.type) {
      case "request":
        void ask(effect.request)
        return
      case "later":
        after(effect.afterMs, () => happen({ type: "due", what: effect.what }))
        return
      case "alert":
        parts.onAlert?.(effect)
        return
      case "renew":
        void renew()
    }
  }

  const after = (ms: number, run: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      run()
    }, ms)
    timers.add(timer)
  }

  const ask = async (request: Request): Promise<void> => {
    const asked = link
    try {
      const result = await asked.ask(request)
      // The boundary: the hub answers a command with that command's result.
      happen({ type: "answered", answer: { request, result } as Answer })
    } catch (error) {
      if (ended) return
      if (error !== undefined) refused(request, error as WireError)
      else if (state.connection.state === "live") silent(request)
    }
  }

  /** A connection on which a command stays without an answer is dead, even if its state says otherwise. */
  const silent = (request: Request): void => {
    happen({ type: "failed", request, error: UNANSWERED })
    link.reopen()
  }

  const refused = (request: Request, error: WireError): void => {
    const again = error.code === "rate_limited" || error.code === "unavailable"
    const repeats = request.command === "message:send" || request.command === "conversation:read"
    if (again && repeats) after(error.retryAfterMs ?? 1_000, () => void ask(request))
    else happen({ type: "failed", request, error })
  }

  const renew = async (): Promise<void> => {
    const jwt = await parts.renew?.().catch(() => undefined)
    if (jwt !== undefined && !ended)
      await ask({ command: "login", body: { jwt }, generation: state.generation })
  }

  const link: Link = openLink({
    url: parts.url,
    auth: () => ({ appId: parts.appId, token: parts.token(), cursor: state.cursor }),
    listener: {
      ready: (received: AgentReady) => happen({ type: "ready", state: received }),
      event(event) {
        waiting.push(event)
        if (waiting.length === 1) after(0, flush)
      },
      signal: (signal: Signal) => happen({ type: "signal", signal }),
      refused: (error) => happen({ type: "refused", error }),
      lost: () => happen({ type: "lost" }),
    },
  })

  const clock = setInterval(() => {
    const now = Date.now()
    const asleepMs = now - ticked - TICK_MS
    ticked = now
    happen({ type: "tick", asleepMs })
    if (now - announced < VIEWING_AGAIN_MS || state.opened === undefined) return
    announced = now
    if (typeof document === "undefined" || document.visibilityState === "visible")
      happen({ type: "visible", visible: true })
  }, TICK_MS)

  return {
    get state() {
      return state
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    act: happen,
    send() {
      const localId = crypto.randomUUID()
      happen({ type: "send", localId })
      return localId
    },
    typing(conversationId, active) {
      if (state.connection.state !== "live") return
      const command = active ? "typing:start" : "typing:stop"
      void ask({ command, body: { conversationId }, generation: state.generation })
    },
    wake() {
      if (state.connection.state !== "signedOut") link.hurry()
    },
    signIn() {
      const { token } = parts
      if (state.agent !== undefined && state.connection.state === "signedOut")
        void ask({ command: "login", body: { jwt: token() }, generation: state.generation })
      link.hurry()
    },
    close() {
      ended = true
      clearInterval(clock)
      for (const timer of timers) clearTimeout(timer)
      listeners.clear()
      link.close()
    },
  }
}
