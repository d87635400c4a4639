/** How the answer to each command, or its refusal, changes what the console knows. */
import type { AgentBody, AgentCommand, AgentResult } from "../../../protocol/agent.ts"
import type { WireError } from "../../../protocol/errors.ts"
import { sent, unsent } from "./agent-outbox.ts"
import { noteAgentName } from "./apply-event.ts"
import type { AgentAnswer, Request } from "./effect.ts"
import { healed, ready } from "./feed.ts"
import { listed } from "./inbox-state.ts"
import { searched, unsearched } from "./search-state.ts"
import * as ticket from "./ticket-state.ts"
import type { Workbench } from "./workbench.ts"

type Answers = {
  readonly [C in AgentCommand]: (bench: Workbench, body: AgentBody<C>, result: AgentResult<C>) => void
}
type Failures = {
  readonly [C in AgentCommand]?: (bench: Workbench, body: AgentBody<C>, error: WireError) => void
}

const nothing = (): void => undefined

const ANSWERS: Answers = {
  login: (bench, _, { state }) => ready(bench, state),
  sync: (bench, _, result) => healed(bench, result),
  "ticket:list": listed,
  "ticket:count": ({ state }, _, { counts }) => {
    state.counts = counts
  },
  "ticket:get"(bench, body, result) {
    ticket.opened(bench, body, result)
    ticket.correctNotices(bench, body.ticketId)
  },
  "ticket:update": ticket.changed,
  "message:send": sent,
  "message:list": ticket.earlierLoaded,
  "conversation:read": ticket.read,
  "conversation:join": ticket.joined,
  "user:get": (bench, _, result) => ticket.userLoaded(bench, result),
  "user:search": searched,
  "agent:list": (bench, _, { agents }) => {
    for (const { id, name } of agents) noteAgentName(bench, id, name)
  },
  "typing:start": nothing,
  "typing:stop": nothing,
  "viewing:start": nothing,
  "viewing:stop": nothing,
  watch: nothing,
}

const FAILURES: Failures = {
  "message:send": unsent,
  "ticket:update": ticket.unchanged,
  "conversation:join": ticket.unjoined,
  "conversation:read": ticket.unread,
  "ticket:get"({ state }, { ticketId }, { code }) {
    if (code === "not_found" && state.opened?.ticketId === ticketId)
      state.opened = { ticketId, missing: true }
  },
  "user:search": (bench, body) => unsearched(bench, body),
  // The page is fetched again when the agent scrolls there.
  "ticket:list"(bench) {
    for (const [key, extent] of bench.state.extents)
      if (extent.loading) bench.own("extents").set(key, { ...extent, loading: false })
    bench.state.refreshing = "no"
  },
  "message:list"(bench, { conversationId }) {
    const transcript = bench.state.transcripts.get(conversationId)
    if (transcript) bench.own("transcripts").set(transcript.id, { ...transcript, loadingEarlier: false })
  },
  sync({ state }) {
    state.healing = false
  },
}

/** Pages of a list that has begun anew meanwhile are of no use. */
const STALE: ReadonlySet<AgentCommand> = new Set(["ticket:list", "message:list"])

export function answered(bench: Workbench, { request, result }: AgentAnswer): void {
  const { command, body, generation } = request
  if (generation !== bench.state.generation && STALE.has(command)) return
  // The boundary: the row of a command takes its body and its result, which an answer holds together.
  const take = ANSWERS[command] as (bench: Workbench, body: unknown, result: unknown) => void
  take(bench, body, result)
}

export function failed(bench: Workbench, { command, body }: Request, error: WireError): void {
  // The boundary: as above.
  const take = FAILURES[command] as ((bench: Workbench, body: unknown, error: WireError) => void) | undefined
  take?.(bench, body, error)
}
