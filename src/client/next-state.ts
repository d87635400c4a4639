/** What a rule of `reduce.ts` works on: the next state, and the effects that it asks for. */
import type { Effect, Input } from "./client-inputs.ts"
import { type ClientState, type SessionState, sessionOf } from "./client-state.ts"
import type { AuthEvent } from "./client-status.ts"

type Changeable<T> = { -readonly [Field in keyof T]: T[Field] }

/** The state as it was, until a rule changes a field: what lies in a field is replaced, never changed. */
export interface Next extends Changeable<ClientState>, Pick<Input, "at" | "chance" | "tag"> {
  readonly effects: Effect[]
}

export type Of<Type extends Input["type"]> = Input & { readonly type: Type }

export const will = (next: Next, ...effects: readonly Effect[]): void => void next.effects.push(...effects)

/** On an open connection. */
export function setSession(next: Next, session: SessionState): void {
  if (sessionOf(next)) next.phase = { at: "open", session }
}

export const tell = (next: Next, event: AuthEvent): void => will(next, { do: "tell", event })
