/** The sum over the nodes: a claim holds while at least one node makes it, and only then does it begin or end. */
import type { Claim } from "./message.ts"

const NOTHING: ReadonlySet<Claim> = new Set()

export class Tally {
  readonly #ofNode = new Map<string, Set<Claim>>()
  /** How many nodes make a claim. */
  readonly #makers = new Map<Claim, number>()
  readonly #onChange: (claim: Claim, holds: boolean) => void

  constructor(onChange: (claim: Claim, holds: boolean) => void) {
    this.#onChange = onChange
  }

  holds(claim: Claim): boolean {
    return this.#makers.has(claim)
  }

  of(node: string): ReadonlySet<Claim> {
    return this.#ofNode.get(node) ?? NOTHING
  }

  /** @returns false if the node made this claim already */
  make(node: string, claim: Claim): boolean {
    const made = this.#ofNode.get(node) ?? new Set()
    this.#ofNode.set(node, made)
    if (made.has(claim)) return false
    made.add(claim)
    const makers = this.#makers.get(claim) ?? 0
    this.#makers.set(claim, makers + 1)
    if (makers === 0) this.#onChange(claim, true)
    return true
  }

  /** @returns false if the node did not make this claim */
  withdraw(node: string, claim: Claim): boolean {
    const made = this.#ofNode.get(node)
    if (!made?.delete(claim)) return false
    if (made.size === 0) this.#ofNode.delete(node)
    const makers = (this.#makers.get(claim) ?? 1) - 1
    if (makers > 0) this.#makers.set(claim, makers)
    else {
      this.#makers.delete(claim)
      this.#onChange(claim, false)
    }
    return true
  }

  /** The node makes these claims and no others. */
  replace(node: string, claims: ReadonlySet<Claim>): void {
    for (const claim of claims) this.make(node, claim)
    for (const claim of [...this.of(node)]) if (!claims.has(claim)) this.withdraw(node, claim)
  }

  forget(node: string): void {
    this.replace(node, NOTHING)
  }
}
