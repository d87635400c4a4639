/** The two sides of a merge, by name: for two values of one type an order of arguments would not say which side stays. */
export interface MergeSides<T> {
  readonly survivor: T
  readonly discarded: T
}
