/** A member of a ranking with its score, also where it names the end of a page. */
export interface Ranked {
  readonly member: string
  readonly score: number
}
