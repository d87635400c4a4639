/**
 * The console as one pure function: a state and an input give the next state and the effects. The same inputs always
 * give the same states, so a test tells a story without a hub.
 */

import { discard, resend, send } from "./agent-outbox.ts"
import { answered, failed } from "./answer.ts"
import type { AgentEffect, AgentSignal, ConsoleInput } from "./effect.ts"
import { heal, ready, receive } from "./feed.ts"
import { fetchFirst, fetchMore, recount, refresh } from "./inbox-state.ts"
import { search } from "./search-state.ts"
import type { AgentView } from "./state.ts"
import * as ticket from "./ticket-state.ts"
import { announceViewing, expire, stopViewing, typing, viewing } from "./viewing-state.ts"
import { Workbench } from "./workbench.ts"

export interface Step {
  readonly state: AgentView
  readonly effects: readonly AgentEffect[]
}

export function reduce(state: AgentView, input: ConsoleInput): Step {
  const bench = new Workbench(state, input.now)
  // The boundary: the row of this type takes the input of this type.
  const happen = INPUTS[input.type] as (bench: Workbench, input: ConsoleInput) => void
  happen(bench, input)
  return { state: bench.state, effects: bench.effects }
}

type Of<T extends ConsoleInput["type"]> = Extract<ConsoleInput, { type: T }>

const INPUTS: { readonly [T in ConsoleInput["type"]]: (bench: Workbench, input: Of<T>) => void } = {
  ready: (bench, { state }) => ready(bench, state),
  events: (bench, { events }) => receive(bench, events),
  signal: (bench, { signal }) => signalled(bench, signal),
  answered: (bench, { answer }) => answered(bench, answer),
  failed: (bench, { request, error }) => failed(bench, request, error),
  lost,
  refused: ({ state, now }, { error: { code, retryable } }) => {
    // After a retryable refusal the link itself tries again.
    const passes = retryable && code !== "token_expired"
    state.connection = passes ? { state: "away", since: now } : { state: "signedOut", code }
  },

  filter(bench, { filter }) {
    bench.state.filter = filter
    if (bench.live) fetchFirst(bench)
  },
  more(bench) {
    if (bench.live) fetchMore(bench)
  },
  open: (bench, { ticketId }) => ticket.open(bench, ticketId),
  close: (bench) => ticket.close(bench),
  earlier: (bench) => ticket.earlier(bench),
  seen: (bench, { conversationId, position }) => ticket.seen(bench, conversationId, position),
  draft(bench, { conversationId, text, internal }) {
    const drafts = bench.own("drafts")
    if (text === "" && !internal) drafts.delete(conversationId)
    else drafts.set(conversationId, { text, internal })
  },
  send: (bench, { localId }) => send(bench, localId),
  resend: (bench, { localId }) => resend(bench, localId),
  discard: (bench, { localId }) => discard(bench, localId),
  change: (bench, { ticketId, change }) => ticket.change(bench, ticketId, change),
  insist: (bench, { noticeId }) => ticket.insist(bench, noticeId),
  join: (bench, { survivingTicketId, discardedTicketId }) =>
    ticket.join(bench, survivingTicketId, discardedTicketId),
  search: (bench, { query }) => search(bench, query),
  dismiss({ state }, { noticeId }) {
    state.notices = state.notices.filter(({ id }) => id !== noticeId)
  },
  visible(bench, { visible }) {
    if (visible) announceViewing(bench)
    else stopViewing(bench)
  },

  due(bench, { what }) {
    if (what === "refresh") refresh(bench)
    else recount(bench)
  },
  tick(bench, { asleepMs }) {
    expire(bench)
    if (asleepMs > SLEEP_MS) heal(bench)
  },
}

/** After so long a sleep the connection may be dead without a close, so a command tests it. */
const SLEEP_MS = 20_000

function lost(bench: Workbench): void {
  const { state } = bench
  if (state.connection.state === "live" || state.connection.state === "connecting")
    state.connection = { state: "away", since: bench.now }
  // Commands that were in flight are not answered any more.
  bench.clear("changing")
  state.healing = false
  state.held = []
  state.refreshing = "no"
  state.recounting = false
  if (state.search?.loading) state.search = { ...state.search, loading: false }
  for (const [key, extent] of state.extents)
    if (extent.loading) bench.own("extents").set(key, { ...extent, loading: false })
  for (const [id, transcript] of state.transcripts)
    if (transcript.loadingEarlier) bench.own("transcripts").set(id, { ...transcript, loadingEarlier: false })
}

function signalled(bench: Workbench, signal: AgentSignal): void {
  switch (signal.name) {
    case "typing":
      typing(bench, signal.conversationId, signal.author, signal.active)
      break
    case "viewing":
      viewing(bench, signal.conversationId, signal.agent, signal.active)
      break
    case "presence": {
      const user = bench.state.users.get(signal.userId)
      if (user) bench.own("users").set(user.id, { ...user, online: signal.online })
      break
    }
    case "authExpiring":
      bench.effect({ type: "renew" })
      break
    case "authEnded":
      bench.state.connection = { state: "signedOut", code: signal.code }
      break
  }
}
