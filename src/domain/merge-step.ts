/** One step of a merge that has too many conversations for one commit (docs/architecture.md 4). */

import type { ConversationId } from "../protocol/branded.ts"
import type { Ranked } from "./ranked.ts"

export interface MergeStep {
  /** The step's number, from 1. Only steps to another partition are counted in records. */
  readonly no: number
  /** One of the conversations that this step does not move. */
  readonly left: ConversationId
  /** The last of the conversations that it moves, as ranked: the next step continues after it. */
  readonly upTo: Ranked
}
