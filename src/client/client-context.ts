/** What the parts of a client share: the settings, the state, and whom to tell of what. Made by `client-runtime.ts`. */
import type { Happening } from "./client-inputs.ts"
import type { Settings } from "./client-options.ts"
import type { Link } from "./client-socket.ts"
import type { ClientState } from "./client-state.ts"
import type { ClientEvents } from "./client-status.ts"
import type { Emitter } from "./emitter.ts"

export interface ClientContext {
  readonly settings: Settings
  readonly state: ClientState
  /** The connection, while commands of this user may go over it; `undefined` while they must wait. */
  readonly line: Link | undefined
  readonly dispatch: (happening: Happening) => void
  /** Gives an event to the host. */
  readonly tell: Emitter<ClientEvents>["emit"]
  /** To be called after each change of what `ClientView` shows. */
  readonly changed: () => void
}
