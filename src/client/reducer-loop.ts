/**
 * Gives `reduce.ts` what happens and has its effects performed, one input after the other: what happens while effects
 * are performed waits for its turn. The host's listeners are called when all is done, so that they may call the client.
 */
import type { Clock } from "../lib/clock.ts"
import type { Effect, Happening } from "./client-inputs.ts"
import type { ClientState } from "./client-state.ts"
import { newLocalId } from "./local-id.ts"
import { reduce } from "./reduce.ts"

export interface LoopParts {
  readonly clock: Clock
  readonly random: () => number
  /** After each input: performs the effects, knowing the state before it. */
  readonly perform: (effects: readonly Effect[], before: ClientState) => void
}

export class ReducerLoop {
  readonly #parts: LoopParts
  readonly #waiting: Happening[] = []
  readonly #tells: (() => void)[] = []
  #state: ClientState
  #running = false

  constructor(state: ClientState, parts: LoopParts) {
    this.#state = state
    this.#parts = parts
  }

  get state(): ClientState {
    return this.#state
  }

  dispatch(happening: Happening): void {
    this.#waiting.push(happening)
    this.#run()
  }

  /** Calls the host, now or when the present input is done. */
  tell(act: () => void): void {
    this.#tells.push(act)
    this.#run()
  }

  #run(): void {
    if (this.#running) return
    this.#running = true
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#decide(next)
    } finally {
      this.#running = false
    }
    for (let tell = this.#tells.shift(); tell; tell = this.#tells.shift()) tell()
  }

  #decide(happening: Happening): void {
    const { clock, random, perform } = this.#parts
    const before = this.#state
    const { state, effects } = reduce(before, {
      ...happening,
      at: clock.now(),
      chance: random(),
      tag: newLocalId(),
    })
    this.#state = state
    perform(effects, before)
  }
}
