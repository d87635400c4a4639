/** What must never happen, counted. All zero, or the run has failed. */

export interface Verdict {
  /** Acknowledged, and a device never got it. */
  readonly lost: number
  /** A device got it twice. */
  readonly doubled: number
  /** A device got it in another order than the first one, or than its sender sent it. */
  readonly reordered: number
  /** A device got what was not meant for it. */
  readonly leaked: number
  /** A send, a command or a connection that was refused or broken off. */
  readonly refused: number
}

export const CLEAN: Verdict = { lost: 0, doubled: 0, reordered: 0, leaked: 0, refused: 0 }

export const sum = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.reduce(
    (a, b) => ({
      lost: a.lost + b.lost,
      doubled: a.doubled + b.doubled,
      reordered: a.reordered + b.reordered,
      leaked: a.leaked + b.leaked,
      refused: a.refused + b.refused,
    }),
    CLEAN,
  )

/** In words, one for each kind that happened. */
export const complaints = (verdict: Verdict): string[] =>
  Object.entries(verdict).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []))
