/**
 * What the agent wrote and the hub has not stored yet. Each has a `localId`, so a repeat after a lost connection is
 * the same message; only an acknowledgement takes it out.
 */
import type { AgentBody, AgentResult } from "../../../protocol/agent.ts"
import type { WireError } from "../../../protocol/errors.ts"
import { applyToRow } from "./inbox-state.ts"
import { type OutgoingReply, resolve } from "./state.ts"
import { applyMessage, rowsOf } from "./transcript.ts"
import type { Workbench } from "./workbench.ts"

const NO_DRAFT = { text: "", internal: false }

/** Sends the draft of the open conversation. */
export function send(bench: Workbench, localId: string): void {
  const { state } = bench
  const conversationId = state.opened?.conversationId
  if (conversationId === undefined) return
  const { text, internal } = state.drafts.get(conversationId) ?? NO_DRAFT
  if (text.trim() === "") return
  const head = state.transcripts.get(conversationId)?.messages.at(-1)?.position
  const outgoing: OutgoingReply = {
    localId,
    conversationId,
    text: text.trim(),
    internal,
    // A note is for colleagues: it answers no message, so no message can overtake it.
    ...(head !== undefined && !internal && { ifHead: head }),
    at: bench.now,
    state: "sending",
  }
  bench.own("drafts").delete(conversationId)
  state.outbox = [...state.outbox, outgoing]
  put(bench, outgoing)
}

/** Sends a failed message again, or one that was held back because others have written meanwhile. */
export function resend(bench: Workbench, localId: string): void {
  const { state } = bench
  const before = state.outbox.find((one) => one.localId === localId)
  if (!before || before.state === "sending") return
  const head = state.transcripts.get(resolve(state, before.conversationId))?.messages.at(-1)?.position
  const { error: _, ifHead: __, ...rest } = before
  const next: OutgoingReply = {
    ...rest,
    ...(head !== undefined && !before.internal && { ifHead: head }),
    at: bench.now,
    state: "sending",
  }
  replace(bench, next)
  put(bench, next)
}

/** The agent gives the message up: its text returns to the composer, unless another text is there by now. */
export function discard(bench: Workbench, localId: string): void {
  const { state } = bench
  const entry = state.outbox.find((one) => one.localId === localId)
  if (!entry || entry.state === "sending") return
  state.outbox = state.outbox.filter((one) => one !== entry)
  const { conversationId, text, internal } = entry
  if (!state.drafts.get(conversationId)?.text) bench.own("drafts").set(conversationId, { text, internal })
}

/** The connection is back: what was on its way may or may not have arrived. */
export function resendAll(bench: Workbench): void {
  for (const outgoing of bench.state.outbox) if (outgoing.state === "sending") put(bench, outgoing)
}

function put(bench: Workbench, { localId, conversationId, text, internal, ifHead }: OutgoingReply): void {
  if (!bench.live) return
  bench.request("message:send", {
    conversationId: resolve(bench.state, conversationId),
    localId,
    content: { type: "text", text },
    ...(internal && { internal }),
    ...(ifHead !== undefined && { ifHead }),
  })
}

export function sent(
  bench: Workbench,
  { localId }: AgentBody<"message:send">,
  { message }: AgentResult<"message:send">,
): void {
  const { state } = bench
  state.outbox = state.outbox.filter((one) => one.localId !== localId)
  applyMessage(bench, message)
  for (const row of rowsOf(bench, resolve(state, message.conversationId)))
    applyToRow(bench, row.ticket.id, message)
}

export function unsent(bench: Workbench, { localId }: AgentBody<"message:send">, error: WireError): void {
  const outgoing = bench.state.outbox.find((one) => one.localId === localId)
  // It stays in the outbox, and is sent again with a fresh token or on the next connection.
  if (!outgoing || error.code === "token_expired" || error.code === "unavailable") return
  const overtaken = error.code === "conflict"
  replace(bench, {
    ...outgoing,
    state: overtaken ? "overtaken" : "failed",
    error: { code: error.code, message: error.message },
  })
}

function replace(bench: Workbench, next: OutgoingReply): void {
  bench.state.outbox = bench.state.outbox.map((one) => (one.localId === next.localId ? next : one))
}
