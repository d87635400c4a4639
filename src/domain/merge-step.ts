/** A merge of very many conversations goes in steps (docs/architecture.md 4). */

import type { ConversationId } from "../protocol/branded.ts"
import type { Ranked } from "./ranked.ts"

export interface MergeStep {
  /** Counted from 1, where it leads to another partition. */
  readonly no: number
  /** A conversation that stays for now. */
  readonly left: ConversationId
  /** The last of those that are moved. */
  readonly upTo: Ranked
}
