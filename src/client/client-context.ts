/** What every part of a client may ask of the whole; `client-runtime.ts` is it. */
import type { Happening } from "./client-inputs.ts"
import type { Settings } from "./client-options.ts"
import type { Link } from "./client-socket.ts"
import type { ClientState } from "./client-state.ts"
import type { ClientEvents } from "./client-status.ts"
import type { Emitter } from "./emitter.ts"
import type { TabNews } from "./tab-channel.ts"

export interface ClientContext {
  readonly settings: Settings
  readonly state: ClientState
  /** The connection, while commands of this user may go over it; `undefined` while they must wait. */
  readonly line: Link | undefined
  readonly dispatch: (happening: Happening) => void
  /** The host. */
  readonly tell: Emitter<ClientEvents>["emit"]
  /** What a host draws is to be drawn again. */
  readonly changed: () => void
  /** With the other tabs. */
  share(news: TabNews): void
}
