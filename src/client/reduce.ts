/**
 * Connection and identity, decided in one pure function: what happens goes in, the next state and the effects come
 * out. `client-runtime.ts` performs the effects; nothing else decides.
 *
 * Each refusal, expiry or parking ends in one of two ways: a state of the hub is applied, or the status says what the
 * host has to do.
 */
import type { Effect, Input } from "./client-inputs.ts"
import type { ClientState } from "./client-state.ts"
import { closed, timedOut } from "./error-makers.ts"
import { type Next, type Of, will } from "./next-state.ts"
import { begin, beginAfresh, retry } from "./reduce-attempt.ts"
import {
  close,
  connect,
  disconnect,
  entered,
  failed,
  graceOver,
  lost,
  sessionRead,
} from "./reduce-connection.ts"
import { noHelp } from "./reduce-effort.ts"
import {
  cancelLogin,
  login,
  loginAnswered,
  logout,
  logoutAnswered,
  pauseOver,
  tokenFetched,
} from "./reduce-login.ts"
import { expired, expiring, parked, revoked, unidentified } from "./reduce-session.ts"
import { recordRead, tabNews } from "./reduce-tabs.ts"

type Rules = { readonly [Type in Input["type"]]: (next: Next, input: Of<Type>) => void }

const RULES: Rules = {
  connect,
  disconnect,
  close,
  login,
  cancelLogin,
  logout,
  tokenFetched,
  sessionRead,
  lost,
  expired,
  parked,
  loginAnswered,
  logoutAnswered,
  recordRead,
  ready: entered,
  refused: failed,
  expiring,
  revoked,
  unidentified,
  tabNews,
  loaded(next) {
    next.loaded = true
    if (next.wanted) beginAfresh(next)
  },
  /** A page that was asleep or without network wants to be live at once, not after its next backoff. */
  woke(next) {
    if (!next.loaded) return
    if (next.phase.at === "waiting") return beginAfresh(next)
    will(next, { do: "readRecord", inTurn: false })
    if (next.phase.at === "open") will(next, { do: "probe" })
  },
  reconnect(next, { data }) {
    next.drainMs = data.afterMs
  },
  timer(next, { name }) {
    if (name === "grace") graceOver(next)
    else if (name === "ask") noHelp(next)
    else if (name === "effort") pauseOver(next)
    else if (next.phase.at === "waiting") begin(next)
  },
  stale(next, { stale }) {
    next.staleSince = stale ? (next.staleSince ?? next.at) : undefined
  },
  deaf(next) {
    if (next.phase.at === "open") retry(next, timedOut())
  },
}

/** After `close` the host's calls are told so; nothing else happens any more. */
function afterClose(next: Next, input: Input): void {
  const { type } = input
  if (type === "connect") will(next, { do: "connected", error: closed() })
  else if (type === "login" || type === "logout")
    will(next, { do: "settled", id: input.id, result: closed() })
  else if (type === "sessionRead") will(next, { do: "unlock" })
}

export function reduce(
  state: ClientState,
  input: Input,
): { readonly state: ClientState; readonly effects: readonly Effect[] } {
  const { type } = input
  const next: Next = { ...state, at: input.at, chance: input.chance, tag: input.tag, effects: [] }
  // The rule for this very type; TypeScript does not follow the name through the table.
  const rule = state.phase.at === "closed" ? afterClose : (RULES[type] as typeof afterClose)
  rule(next, input)
  const { at: _, chance: __, tag: ___, effects, ...after } = next
  return { state: after, effects }
}
