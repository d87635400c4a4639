/**
 * Following the agents' feed without a gap [P2]. Offsets rise by exactly 1 in each partition: an event that is next is
 * applied, one that was seen before is dropped, and one that comes too early is held while `sync` fetches what lies
 * between. Where the hub cannot say what was missed, everything is read anew.
 */
import type { AgentEvent, AgentReady, AgentResult } from "../../../protocol/agent.ts"
import { resendAll } from "./agent-outbox.ts"
import { apply, noteAgentName } from "./apply-event.ts"
import { extentOf, fetchFirst, keyOf, recount } from "./inbox-state.ts"
import { announceViewing } from "./viewing-state.ts"
import type { Workbench } from "./workbench.ts"

/** Above this the held events are dropped: `sync` brings them again, or everything is read anew. */
const MOST_HELD = 2000

/** The first event of a connection, and the answer to a login on it. */
export function ready(bench: Workbench, received: AgentReady): void {
  const { state } = bench
  const first = state.agent === undefined
  state.connection = { state: "live" }
  state.agent = received.agent
  state.settings = received.settings
  state.healing = false
  state.held = []
  // What the hub was being told of on a connection before is told again when the page looks at it again.
  bench.clear("reading")
  noteAgentName(bench, received.agent.id, received.agent.name)
  if (received.resumed && !first) {
    for (const event of received.events ?? []) take(bench, event)
    state.cursor = received.cursor
    askWhatWasNotAsked(bench)
  } else startOver(bench, received, first)
  recount(bench)
  resendAll(bench)
  announceViewing(bench)
}

/** Asks for the list and for the open ticket, where the agent chose them while there was no connection. */
function askWhatWasNotAsked(bench: Workbench): void {
  const { opened, transcripts, extents, filter } = bench.state
  if (!extents.has(keyOf(filter)) || extentOf(bench.state, keyOf(filter)).floor === Number.POSITIVE_INFINITY)
    fetchFirst(bench)
  const there = opened?.conversationId !== undefined && transcripts.has(opened.conversationId)
  if (opened && !there) bench.request("ticket:get", { ticketId: opened.ticketId })
}

/** The hub cannot say what was missed: everything is read anew, except what the agent has written and not yet sent. */
function startOver(bench: Workbench, received: AgentReady, first: boolean): void {
  const { state } = bench
  state.generation += 1
  state.cursor = received.cursor
  state.refreshing = "no"
  bench.clear("offsets", "extents", "changing", "dossiers", "typing", "viewers")
  const { opened } = state
  // What is on the screen stays until its answer comes, so that nothing flickers.
  const keptRow = opened && state.rows.get(opened.ticketId)
  const keptUser = opened?.userId !== undefined ? state.users.get(opened.userId) : undefined
  const keptTranscript =
    opened?.conversationId !== undefined ? state.transcripts.get(opened.conversationId) : undefined
  bench.clear("rows", "users", "transcripts")
  if (keptRow) bench.own("rows").set(keptRow.ticket.id, keptRow)
  if (keptUser) bench.own("users").set(keptUser.id, keptUser)
  if (keptTranscript) bench.own("transcripts").set(keptTranscript.id, keptTranscript)
  fetchFirst(bench)
  bench.request("agent:list", {})
  if (opened) bench.request("ticket:get", { ticketId: opened.ticketId })
  if (!first) bench.notify({ kind: "startedOver" })
}

export function receive(bench: Workbench, events: readonly AgentEvent[]): void {
  for (const event of events) {
    const { state } = bench
    const last = state.offsets.get(event.partition)
    const early = last !== undefined && event.offset > last + 1
    if (!early && !state.healing) take(bench, event)
    else {
      state.held = [...state.held.slice(1 - MOST_HELD), event]
      heal(bench)
    }
  }
}

/** Asks the hub for the events that are or may be missing. */
export function heal(bench: Workbench): void {
  const { state } = bench
  if (state.healing || state.cursor === undefined || !bench.live) return
  state.healing = true
  bench.request("sync", { cursor: state.cursor })
}

export function healed(bench: Workbench, answer: AgentResult<"sync">): void {
  const { state } = bench
  const { held } = state
  state.healing = false
  state.held = []
  // Nothing of the new feed came before this answer, and all that was held is in the state.
  if (!answer.resumed) ready(bench, answer.state)
  else {
    for (const event of answer.events) take(bench, event)
    state.cursor = answer.cursor
    receive(bench, held)
  }
}

function take(bench: Workbench, event: AgentEvent): void {
  const { state } = bench
  const last = state.offsets.get(event.partition)
  if (last !== undefined && event.offset <= last) return
  bench.own("offsets").set(event.partition, event.offset)
  state.cursor = event.cursor
  apply(bench, event)
}
