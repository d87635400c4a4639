/** Notices for the agent, as data: the page puts them into words. */
import type { ErrorCode } from "../../../protocol/errors.ts"
import type { Ticket, TicketStatus } from "../../../protocol/model.ts"

/** A change of a ticket that an agent asks for. `null`: unassigned. */
export interface TicketChange {
  readonly status?: TicketStatus
  readonly assigneeId?: string | null
}

export type NoticeBody =
  /** A colleague was faster: nothing was changed, and this is the ticket after their change. */
  | {
      readonly kind: "ticketOvertaken"
      readonly wanted: TicketChange
      readonly before: Ticket
      readonly now: Ticket
    }
  | { readonly kind: "ticketClosed" }
  /** The console was away for so long that it began anew. */
  | { readonly kind: "startedOver" }
  /** The ticket on the screen was joined into another one, which is shown instead. */
  | { readonly kind: "ticketJoined"; readonly by: "merge" | "join" }
  | { readonly kind: "refused"; readonly what: string; readonly code: ErrorCode; readonly message: string }

export interface Notice {
  readonly id: number
  readonly ticketId?: string
  readonly body: NoticeBody
}
