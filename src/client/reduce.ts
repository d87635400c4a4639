/**
 * Connection and identity, decided in one pure function: what happens goes in, the next state and the effects come
 * out. `client-runtime.ts` performs the effects; nothing else decides.
 *
 * Each refusal, expiry or parking ends in one of two ways: a state of the hub is applied, or the status says what the
 * host has to do.
 */
import type { Input } from "./client-inputs.ts"
import type { ClientState } from "./client-state.ts"
import { begin, beginAfresh, retry, timedOut } from "./reduce-attempt.ts"
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
import { type Step, step } from "./step.ts"

export function reduce(state: ClientState, input: Input): Step {
  if (
    state.phase.at === "closed" &&
    input.type !== "logout" &&
    input.type !== "login" &&
    input.type !== "connect"
  )
    return step(state, ...(input.type === "sessionRead" ? [{ do: "unlock" } as const] : []))
  switch (input.type) {
    case "connect":
      return connect(state)
    case "disconnect":
      return disconnect(state)
    case "close":
      return close(state)
    case "woke":
      return woke(state)
    case "login":
      return login(state, input.id, input)
    case "cancelLogin":
      return cancelLogin(state, input.id, input)
    case "logout":
      return logout(state, input)
    case "tokenFetched":
      return tokenFetched(state, input)
    case "loaded":
      return loaded(state)
    case "sessionRead":
      return sessionRead(state, input)
    case "recordRead":
      return recordRead(state, input.record, input)
    case "tabNews":
      return tabNews(state, input.news, input)
    case "ready":
      return entered(state, input)
    case "refused":
      return failed(state, input)
    case "lost":
      return lost(state, input)
    case "reconnect":
      return step({ ...state, drainMs: input.data.afterMs })
    case "expiring":
      return expiring(state, input.data.expiresAt, input)
    case "expired":
      return expired(state, input)
    case "parked":
      return parked(state, input)
    case "revoked":
      return revoked(state, input.data.reason)
    case "unidentified":
      return unidentified(state, input.error, input)
    case "loginAnswered":
      return loginAnswered(state, input)
    case "logoutAnswered":
      return logoutAnswered(state, input)
    case "timer":
      return timer(state, input)
    case "stale":
      return stale(state, input.stale, input.at)
    case "deaf":
      return state.phase.at === "open" ? retry(state, timedOut(), input) : step(state)
  }
}

function loaded(state: ClientState): Step {
  const known = { ...state, loaded: true }
  return state.wanted ? beginAfresh(known) : step(known)
}

/** A page that was asleep or without network wants to be live at once, not after its next backoff. */
function woke(state: ClientState): Step {
  if (!state.loaded) return step(state)
  if (state.phase.at === "waiting") return beginAfresh(state)
  const look = { do: "readRecord", inTurn: false } as const
  return state.phase.at === "open" ? step(state, look, { do: "probe" }) : step(state, look)
}

function timer(state: ClientState, input: Input & { type: "timer" }): Step {
  switch (input.name) {
    case "retry":
      return state.phase.at === "waiting" ? begin(state) : step(state)
    case "grace":
      return graceOver(state)
    case "ask":
      return noHelp(state)
    case "effort":
      return pauseOver(state, input)
  }
}

function stale(state: ClientState, is: boolean, at: number): Step {
  if (is) return step({ ...state, staleSince: state.staleSince ?? at })
  const { staleSince: _, ...rest } = state
  return step(rest)
}
