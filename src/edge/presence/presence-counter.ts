/** Sums presence over the nodes: a key is present while at least one node holds it. Only changes of the sum are reported. */
import type { PresenceKey } from "./presence-message.ts"

const NOTHING: ReadonlySet<PresenceKey> = new Set()

/** Tells one set of keys from another, however many they are. `sum` is that of the keys' hashes, modulo 2³². */
export interface KeysDigest {
  readonly count: number
  readonly sum: number
}

/** FNV-1a, of 32 bits. */
function hash(key: PresenceKey): number {
  let value = 0x811c9dc5
  for (let i = 0; i < key.length; i += 1) value = Math.imul(value ^ key.charCodeAt(i), 0x01000193)
  return value >>> 0
}

/** The keys that one node makes. */
class NodeKeys {
  readonly keys = new Set<PresenceKey>()
  #sum = 0

  get digest(): KeysDigest {
    return { count: this.keys.size, sum: this.#sum }
  }

  add(key: PresenceKey): boolean {
    if (this.keys.has(key)) return false
    this.keys.add(key)
    this.#sum = (this.#sum + hash(key)) >>> 0
    return true
  }

  delete(key: PresenceKey): boolean {
    if (!this.keys.delete(key)) return false
    this.#sum = (this.#sum - hash(key)) >>> 0
    return true
  }
}

export class PresenceCounter {
  readonly #ofNode = new Map<string, NodeKeys>()
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
    return this.#ofNode.get(node)?.keys ?? NOTHING
  }

  digest(node: string): KeysDigest {
    return this.#ofNode.get(node)?.digest ?? { count: 0, sum: 0 }
  }

  /** @returns false if the node made this key already */
  make(node: string, key: PresenceKey): boolean {
    const made = this.#ofNode.get(node) ?? new NodeKeys()
    this.#ofNode.set(node, made)
    if (!made.add(key)) return false
    const makers = this.#makers.get(key) ?? 0
    this.#makers.set(key, makers + 1)
    if (makers === 0) this.#onChange(key, true)
    return true
  }

  /** @returns false if the node did not make this key */
  withdraw(node: string, key: PresenceKey): boolean {
    const made = this.#ofNode.get(node)
    if (!made?.delete(key)) return false
    if (made.keys.size === 0) this.#ofNode.delete(node)
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
