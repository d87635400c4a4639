/** The commands of a console (docs/protocol.md 6). */

import { type Actor, business } from "../../app/actor.ts"
import { listAgents } from "../../app/agents/agent-directory.ts"
import { agentItemsAfter } from "../../app/agents/agent-feed.ts"
import { getTicket, updateTicket } from "../../app/agents/agent-tickets.ts"
import { joinConversations } from "../../app/agents/join-conversations.ts"
import { countTickets, listTickets } from "../../app/agents/ticket-list.ts"
import { getUser } from "../../app/agents/user-lookup.ts"
import { searchUsers } from "../../app/agents/user-search.ts"
import { resolveConversation } from "../../app/conversation-lookup.ts"
import { type SendTurn, sendMessage } from "../../app/send-message.ts"
import { listMessages, readConversation } from "../../app/user-conversations.ts"
import { AGENT_COMMANDS, type AgentBody, type AgentCommand, type AgentResult } from "../../protocol/agent.ts"
import type { ConversationId, UserId } from "../../protocol/branded.ts"
import { HubError } from "../../protocol/errors.ts"
import { checked } from "../../protocol/untrusted.ts"
import type { AgentClaims } from "../auth/token-verifier.ts"
import { demandWorkspace } from "../end-user/validate-handshake.ts"
import type { CommandAnswer } from "../socket/packets.ts"
import type { AgentSession } from "./agent-session.ts"
import { Scope } from "./watch-scope.ts"

export interface AgentContext {
  readonly online: (appId: string, userId: UserId) => boolean
  readonly verify: (session: AgentSession, jwt: string) => Promise<AgentClaims>
  readonly typing: (
    session: AgentSession,
    actor: Actor,
    conversationId: ConversationId,
    active: boolean,
  ) => Promise<void>
  /** The agent has sent a message in this conversation, so they are not typing there any more. */
  readonly typed: (session: AgentSession, conversationId: ConversationId) => void
  readonly viewing: (session: AgentSession, conversationId: ConversationId, active: boolean) => Promise<void>
}

type Answer<C extends AgentCommand> = CommandAnswer<AgentResult<C>>

type Command<C extends AgentCommand> = (
  session: AgentSession,
  body: AgentBody<C>,
  context: AgentContext,
  turn?: SendTurn,
) => Promise<Answer<C>>

export const isAgentCommand = (name: unknown): name is AgentCommand =>
  typeof name === "string" && Object.hasOwn(AGENT_COMMANDS, name)

const COMMANDS: { readonly [C in AgentCommand]: Command<C> } = {
  async login(session, { jwt }, { verify }) {
    const claims = await verify(session, jwt)
    const before = session.state
    session.renew(claims)
    const resumed = await session.enter().catch((error: unknown) => {
      if (before !== "live") session.restoreState(before)
      throw error
    })
    return {
      result: { outcome: "refreshed", expiresAt: claims.expiresAt, state: resumed.state },
      afterwards: () => session.release(resumed),
    }
  },

  async "ticket:list"(session, body, context) {
    return { result: await listTickets(session.app, body, session.agent.id, onlineIn(session, context)) }
  },

  async "ticket:get"(session, body, context) {
    return { result: await getTicket(session.app, body, onlineIn(session, context)) }
  },

  async "ticket:update"(session, body) {
    return { result: await updateTicket(session.app, body, session.app.now()) }
  },

  async "message:send"(session, body, { typed }, turn) {
    const result = await sendMessage(session.app, actorOf(session, body), body, session.app.now(), turn)
    typed(session, result.message.conversationId)
    typed(session, body.conversationId)
    return { result }
  },

  async "message:list"(session, body) {
    return { result: await listMessages(session.app, actorOf(session, body), body) }
  },

  async "conversation:read"(session, body) {
    return { result: await readConversation(session.app, actorOf(session, body), body) }
  },

  async "typing:start"(session, body, { typing }) {
    await typing(session, actorOf(session, body), body.conversationId, true)
    return { result: {} }
  },

  async "typing:stop"(session, body, { typing }) {
    await typing(session, actorOf(session, body), body.conversationId, false)
    return { result: {} }
  },

  async sync(session, { cursor }) {
    const missed = await agentItemsAfter(session.app, cursor)
    session.demandLive()
    if (missed)
      return {
        result: { resumed: true, events: missed.events, cursor: missed.positions.cursor(session.app.now()) },
      }
    const resumed = await session.enter()
    return {
      result: { resumed: false, state: resumed.state },
      afterwards: () => session.release(resumed),
    }
  },

  async "ticket:count"(session) {
    return { result: await countTickets(session.app, session.agent.id) }
  },

  async "user:search"(session, body, context) {
    return { result: await searchUsers(session.app, body, session.app.now(), onlineIn(session, context)) }
  },

  async "agent:list"(session) {
    return { result: await listAgents(session.app) }
  },

  async "viewing:start"(session, { conversationId }, { viewing }) {
    await viewing(session, conversationId, true)
    return { result: {} }
  },

  async "viewing:stop"(session, { conversationId }, { viewing }) {
    await viewing(session, conversationId, false)
    return { result: {} }
  },

  async "user:get"(session, body, context) {
    return { result: await getUser(session.app, body, session.app.now(), onlineIn(session, context)) }
  },

  async "conversation:join"(session, body) {
    return { result: await joinConversations(session.app, body, session.app.now()) }
  },

  async watch(session, { scope, conversations = [] }) {
    // Ids that were merged away resolve: the survivor is watched.
    const found = await Promise.all(conversations.map((id) => resolveConversation(session.app, id)))
    const missing = found.indexOf(undefined)
    if (missing !== -1) throw new HubError("not_found", `conversations.${missing}: no such conversation.`)
    const ids = found.flatMap((resolved) => (resolved ? [resolved.record.id] : []))
    return { result: {}, afterwards: () => session.watch(new Scope(session.agent.id, scope, ids)) }
  },
}

/** @throws HubError for the console's own state, before the body is checked */
export function performAgent<C extends AgentCommand>(
  session: AgentSession,
  name: C,
  input: unknown,
  context: AgentContext,
  turn?: SendTurn,
): Promise<Answer<C>> {
  demandWorkspace(session.app)
  if (name !== "login") session.demandLive()
  // The boundary: this schema is the one the type of the body is inferred from.
  return COMMANDS[name](session, checked(AGENT_COMMANDS[name].body, input) as AgentBody<C>, context, turn)
}

const onlineIn =
  ({ app }: AgentSession, { online }: AgentContext) =>
  (userId: UserId): boolean =>
    online(app.id, userId)

function actorOf(
  session: AgentSession,
  { conversationId }: { readonly conversationId: ConversationId },
): Actor {
  const { id, name } = session.agent
  const author = { type: "agent", id, ...(name !== undefined && { name }) } as const
  return business(session.app, conversationId, author, { channel: "agent" })
}
