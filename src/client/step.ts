/** A decision: the state after it, and what is to be done. */
import type { Effect } from "./client-inputs.ts"
import type { ClientState } from "./client-state.ts"

export interface Step {
  readonly state: ClientState
  readonly effects: readonly Effect[]
}

export const step = (state: ClientState, ...effects: readonly Effect[]): Step => ({ state, effects })

/** One decision after the other, each on the state that the one before left. */
export const chain = (first: Step, ...next: readonly ((state: ClientState) => Step)[]): Step =>
  next.reduce((before, decide) => {
    const after = decide(before.state)
    return { state: after.state, effects: [...before.effects, ...after.effects] }
  }, first)

/** A state without these fields. */
export function without<Field extends keyof ClientState>(
  state: ClientState,
  ...fields: readonly Field[]
): ClientState {
  const rest: Partial<ClientState> = { ...state }
  for (const field of fields) delete rest[field]
  // Only optional fields are ever named here.
  return rest as ClientState
}
