/** The state of the console: every input is reduced to the next state, which is shown, and to effects, which are performed. */
import type { AgentEvent } from "../../../protocol/agent.ts"
import type { AgentEffect, AgentInput, ClockInput, ConsoleInput, HubInput } from "./effect.ts"
import { reduce } from "./reduce-agent.ts"
import type { AgentView } from "./state.ts"
import type { TimerSet } from "./timer-set.ts"

export interface StateLoop {
  readonly state: AgentView
  /** Inputs after this are ignored. */
  readonly ended: boolean
  readonly happen: (input: HubInput | AgentInput | ClockInput) => void
  /** Events of one turn are reduced together, so a burst costs one new state. */
  event(event: AgentEvent): void
  /** @param listener called after every change @returns a function that removes it */
  subscribe(listener: () => void): () => void
  end(): void
}

export function stateLoop(
  initial: AgentView,
  perform: (effect: AgentEffect) => void,
  { after }: TimerSet,
): StateLoop {
  const listeners = new Set<() => void>()
  let state = initial
  let waiting: AgentEvent[] = []
  let ended = false

  const flush = (): void => {
    if (waiting.length === 0) return
    const events = waiting
    waiting = []
    happen({ type: "events", events })
  }

  const happen: StateLoop["happen"] = (input) => {
    if (ended) return
    // Inputs that came earlier are reduced first.
    if (input.type !== "events") flush()
    const step = reduce(state, { ...input, now: Date.now() } satisfies ConsoleInput)
    state = step.state
    for (const effect of step.effects) perform(effect)
    for (const listener of [...listeners]) listener()
  }

  return {
    get state() {
      return state
    },
    get ended() {
      return ended
    },
    happen,
    event(event) {
      waiting.push(event)
      if (waiting.length === 1) after(0, flush)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    end() {
      ended = true
      listeners.clear()
    },
  }
}
