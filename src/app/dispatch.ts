/**
 * The one way of an end user's command: validate → may → load → decide → commit → answer. Handlers return; only the edge
 * emits. Agents and HTTP calls come to the same use cases, as the actor `business`.
 */
import { type Body, COMMANDS, type CommandName, type Result } from "../protocol/commands.ts"
import { HubError } from "../protocol/errors.ts"
import { checked } from "../protocol/untrusted.ts"
import { StoreUnavailable } from "../store/contract.ts"
import type { Actor } from "./actor.ts"
import type { App } from "./app.ts"
import { updateProfile } from "./profile.ts"
import { type SendTurn, sendMessage } from "./send-message.ts"
import {
  createConversation,
  listConversations,
  listMessages,
  readConversation,
} from "./user-conversations.ts"

type Handler<C extends CommandName> = (
  app: App,
  actor: Actor,
  body: Body<C>,
  now: number,
  turn?: SendTurn,
) => Promise<Result<C>>

/** Commands that change or read a history; the others are about the session itself and live at the edge. */
const HISTORY_HANDLERS = {
  "message:send": sendMessage,
  "message:list": listMessages,
  "conversation:create": createConversation,
  "conversation:list": listConversations,
  "conversation:read": readConversation,
  "profile:update": updateProfile,
} as const satisfies { readonly [C in CommandName]?: Handler<C> }
export type HistoryCommand = keyof typeof HISTORY_HANDLERS

export function dispatch<C extends HistoryCommand>(
  command: C,
  app: App,
  actor: Actor,
  body: Body<C>,
  now: number,
  turn?: SendTurn,
): Promise<Result<C>> {
  const handlers: { readonly [H in HistoryCommand]: Handler<H> } = HISTORY_HANDLERS
  return handlers[command](app, actor, body, now, turn)
}

export const isHistoryCommand = (name: CommandName): name is HistoryCommand => name in HISTORY_HANDLERS

export const isCommand = (name: unknown): name is CommandName =>
  typeof name === "string" && Object.hasOwn(COMMANDS, name)

/** @throws HubError `bad_request` */
export function validated<C extends CommandName>(command: C, input: unknown): Body<C> {
  // The boundary: this schema is the one the type of the body is inferred from.
  return checked(COMMANDS[command].body, input) as Body<C>
}

/** Any error as a refusal: an unreachable store is `unavailable`, a bug is `internal`. */
export function refusalOf(error: unknown): HubError {
  if (error instanceof HubError) return error
  if (error instanceof StoreUnavailable) return new HubError("unavailable")
  return new HubError("internal")
}
