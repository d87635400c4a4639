/** Sums presence over the nodes: a key is present while at least one node holds it. Only changes of the sum are reported. */
import type { PresenceKey } from "./presence-message.ts"

const NOTHING: ReadonlySet<PresenceKey> = new Set()

export class PresenceCounter {
  readonly #ofNode = new Map<string, Set<PresenceKey>>()
  /** How many nodes hold a key. */
  readonly #makers = new Map<PresenceKey, number>()
  readonly #onChange: (key: PresenceKey, holds: boolean) => void

  constructor(onChange: (key: PresenceKey, holds: boolean) => void) {
    this.#onChange = onChange
  }

  holds(key: PresenceKey): boolean {
    return this.#makers.has(key)
  }

  of(node: string): ReadonlySet<PresenceKey> {
    return this.#ofNode.get(node) ?? NOTHING
  }

  /** @returns false if the node made this key already */
  make(node: string, key: PresenceKey): boolean {
    const made = this.#ofNode.get(node) ?? new Set()
    this.#ofNode.set(node, made)
    if (made.has(key)) return false
    made.add(key)
    const makers = this.#makers.get(key) ?? 0
    this.#makers.set(key, makers + 1)
    if (makers === 0) this.#onChange(key, true)
    return true
  }

  /** @returns false if the node did not make this key */
  withdraw(node: string, key: PresenceKey): boolean {
    const made = this.#ofNode.get(node)
    if (!made?.delete(key)) return false
    if (made.size === 0) this.#ofNode.delete(node)
    const makers = (this.#makers.get(key) ?? 1) - 1
    if (makers > 0) this.#makers.set(key, makers)
    else {
      this.#makers.delete(key)
      this.#onChange(key, false)
    }
    return true
  }

  /** The node makes these keys and no others. */
  replace(node: string, keys: ReadonlySet<PresenceKey>): void {
    for (const key of keys) this.make(node, key)
    for (const key of [...this.of(node)]) if (!keys.has(key)) this.withdraw(node, key)
  }

  forget(node: string): void {
    this.replace(node, NOTHING)
  }
}
