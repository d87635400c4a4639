/** What happens to the console (inputs), and what the console wants done (effects). */
import type {
  AgentBody,
  AgentCommand,
  AgentEvent,
  AgentReady,
  AgentResult,
  AgentSignalData,
} from "../../../protocol/agent.ts"
import type { WireError } from "../../../protocol/errors.ts"
import type { TicketChange } from "./notice.ts"
import type { Filter } from "./state.ts"

/** A command on its way. The generation tells whether its answer is still of use. */
export type Request = {
  [C in AgentCommand]: { readonly command: C; readonly body: AgentBody<C>; readonly generation: number }
}[AgentCommand]

type Named<S extends keyof AgentSignalData> = {
  [Name in S]: { readonly name: Name } & Readonly<AgentSignalData[Name]>
}[S]

export type AgentAnswer = {
  [C in AgentCommand]: {
    readonly request: Extract<Request, { command: C }>
    readonly result: AgentResult<C>
  }
}[AgentCommand]

export type AgentSignal =
  | Named<"typing" | "viewing" | "presence">
  | { readonly name: "authExpiring"; readonly expiresAt: number }
  | { readonly name: "authEnded"; readonly code: "token_expired" | "token_revoked" }

/** From the hub. */
export type HubInput =
  | { readonly type: "ready"; readonly state: AgentReady }
  | { readonly type: "events"; readonly events: readonly AgentEvent[] }
  | { readonly type: "signal"; readonly signal: AgentSignal }
  | { readonly type: "answered"; readonly answer: AgentAnswer }
  | { readonly type: "failed"; readonly request: Request; readonly error: WireError }
  /** The connection is gone, with all that was in flight. */
  | { readonly type: "lost" }
  | { readonly type: "refused"; readonly error: WireError }

/** From the agent. */
export type AgentInput =
  | { readonly type: "filter"; readonly filter: Filter }
  | { readonly type: "more" }
  | { readonly type: "open"; readonly ticketId: string }
  | { readonly type: "close" }
  | { readonly type: "earlier" }
  /** The agent has seen the conversation up to this position. */
  | { readonly type: "seen"; readonly conversationId: string; readonly position: string }
  | {
      readonly type: "draft"
      readonly conversationId: string
      readonly text: string
      readonly internal: boolean
    }
  | { readonly type: "send"; readonly localId: string }
  | { readonly type: "resend"; readonly localId: string }
  | { readonly type: "discard"; readonly localId: string }
  | { readonly type: "change"; readonly ticketId: string; readonly change: TicketChange }
  /** Makes a refused change again, without regard to what has changed meanwhile. */
  | { readonly type: "insist"; readonly noticeId: number }
  | { readonly type: "join"; readonly survivingTicketId: string; readonly discardedTicketId: string }
  | { readonly type: "search"; readonly query: string }
  | { readonly type: "dismiss"; readonly noticeId: number }
  /** The page can be seen again, or was hidden. */
  | { readonly type: "visible"; readonly visible: boolean }

/** From the clock. `asleep`: no timer ran for this long, so the computer slept. */
export type ClockInput =
  | { readonly type: "due"; readonly what: Due }
  | { readonly type: "tick"; readonly asleepMs: number }

export type Due = "refresh" | "recount"

export type ConsoleInput = (HubInput | AgentInput | ClockInput) & { readonly now: number }

export type AgentEffect =
  | { readonly type: "request"; readonly request: Request }
  /** Gives the input `due` after this time. */
  | { readonly type: "later"; readonly what: Due; readonly afterMs: number }
  /** Something new for the agent: a sound, and a notification if they look elsewhere. */
  | {
      readonly type: "alert"
      readonly ticketId: string
      readonly from: string | undefined
      readonly text: string
    }
  /** A fresh token is wanted before this one ends. */
  | { readonly type: "renew" }
