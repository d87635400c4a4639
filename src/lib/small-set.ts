/**
 * A set for few members: a single one is kept in a field, and only a second one makes a `Set`. Iterates in order of
 * addition.
 */
export class SmallSet<Member extends object> implements Iterable<Member> {
  #only: Member | undefined
  #more: Set<Member> | undefined

  get size(): number {
    return this.#more ? this.#more.size : this.#only ? 1 : 0
  }

  add(member: Member): void {
    if (this.#more) this.#more.add(member)
    else if (!this.#only || this.#only === member) this.#only = member
    else {
      this.#more = new Set([this.#only, member])
      this.#only = undefined
    }
  }

  /** @returns whether it was there */
  delete(member: Member): boolean {
    if (this.#more) return this.#more.delete(member)
    if (this.#only !== member) return false
    this.#only = undefined
    return true
  }

  [Symbol.iterator](): Iterator<Member> {
    if (this.#more) return this.#more[Symbol.iterator]()
    return (this.#only ? [this.#only] : NOTHING)[Symbol.iterator]()
  }
}

const NOTHING: readonly never[] = []
