/**
 * What is emitted in each namespace, as Socket.IO's maps of events. They follow from the tables, so an event that is in
 * none of them, or that carries the data of another, does not compile – at either end.
 */
import type {
  AgentBody,
  AgentCommand,
  AgentEvent,
  AgentReady,
  AgentResult,
  AgentSignalData,
} from "./agent.ts"
import type { Ack, Body, CommandName, Result } from "./commands.ts"
import type { FeedEvent, SignalData } from "./events.ts"
import type { State } from "./handshake.ts"

export const MESSAGING = "/messaging"
export const AGENT = "/agent"

/** Name → what the hub sends under it. */
export type SentToClient = { ready: State; event: FeedEvent } & SignalData
export type SentToAgent = { ready: AgentReady; event: AgentEvent } & AgentSignalData
export interface Emitted {
  [MESSAGING]: SentToClient
  [AGENT]: SentToAgent
}
export type NamespaceName = keyof Emitted

/** Command → what it asks, and what it is answered. */
export interface Bodies {
  [MESSAGING]: { [C in CommandName]: Body<C> }
  [AGENT]: { [C in AgentCommand]: AgentBody<C> }
}
export interface Results {
  [MESSAGING]: { [C in CommandName]: Result<C> }
  [AGENT]: { [C in AgentCommand]: AgentResult<C> }
}

type Handlers<Data> = { [Name in keyof Data]: (data: Data[Name]) => void }
type Commands<B, R extends { [C in keyof B]: unknown }> = {
  [C in keyof B]: (body: B[C], answer: (ack: Ack<R[C]>) => void) => void
}

export type ServerToClientEvents = Handlers<SentToClient>
export type ClientToServerEvents = Commands<Bodies[typeof MESSAGING], Results[typeof MESSAGING]>

export type ServerToAgentEvents = Handlers<SentToAgent>
export type AgentToServerEvents = Commands<Bodies[typeof AGENT], Results[typeof AGENT]>
