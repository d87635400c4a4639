/**
 * Walking through the list by keys. A ticket that is read on the way moves below the unread ones, or below what the list
 * has come to, so the walk keeps the order in which it began: no ticket is met twice, and going back meets the same.
 */
export class ListWalk {
  #filter = ""
  #order: readonly string[] = []
  #at: string | undefined

  /**
   * @param shown keys of the list as it is drawn now
   * @param isThere whether a ticket is still one of the list's, drawn or not
   * @returns the key to open, if there is one that way
   */
  step(
    filter: string,
    shown: readonly string[],
    opened: string | undefined,
    by: 1 | -1,
    isThere: (key: string) => boolean,
  ): string | undefined {
    if (filter !== this.#filter || opened === undefined || opened !== this.#at) this.#order = shown
    const known = new Set(this.#order)
    const came = shown.filter((key) => !known.has(key))
    this.#order = [...came, ...this.#order.filter((key) => isThere(key) || key === opened)]
    const index = opened === undefined ? -1 : this.#order.indexOf(opened)
    const next = this.#order[index === -1 ? 0 : index + by]
    this.#filter = filter
    this.#at = next ?? opened
    return next
  }
}
