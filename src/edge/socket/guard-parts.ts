/** What a guarded connection is given, and whom it tells. */
import type { Ack } from "../../protocol/commands.ts"
import type { FrameWriter } from "./frame-writer.ts"
import type { UnreadRest } from "./unread-rest.ts"

export type EndReason = "packet" | "overdrawn" | "slow"

/** Handles a packet with an event: its name and arguments, and the function that acknowledges it, if it asks for that. */
export type OnEvent = (args: readonly unknown[], answer: AnswerPacket | undefined) => void
export type AnswerPacket = (answer: Ack<unknown>) => void

export interface GuardParts {
  readonly rest: UnreadRest
  readonly namespaces: ReadonlySet<string>
  /** Milliseconds of a clock that is never set. */
  readonly now: () => number
  readonly onEnd: (reason: EndReason) => void
  readonly writer: FrameWriter
}
