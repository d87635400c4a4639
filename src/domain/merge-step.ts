/** A merge of very many conversations goes in steps (docs/architecture.md 4). */

/** A member of a ranking, where a page of it ended. */
export interface Ranked {
  readonly member: string
  readonly score: number
}

export interface MergeStep {
  /** Counted from 1, where it leads to another partition. */
  readonly no: number
  /** A conversation that stays for now. */
  readonly left: string
  /** The last of those that are moved. */
  readonly upTo: Ranked
}
