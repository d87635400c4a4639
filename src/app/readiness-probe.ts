/** Readiness checks the way that data takes: something is appended, and its announcement must arrive. */
import { randomBytes } from "node:crypto"
import { type Following, type Store, StoreUnavailable } from "../store/contract.ts"

/** App ids have no tilde, so this partition is the hub's own. */
export const HUB_PARTITION = "~hub:0"
const LOG = "pulse"
const FOUNDED = "founded"
const DEADLINE_MS = 2_000
const FOUNDING_BYTES = 16
const NOTHING = new Uint8Array(1)

export class ReadinessProbe {
  readonly #store: Store
  readonly #waiting = new Map<number, () => void>()
  #last = 0
  #founded: Buffer | undefined
  #checking: Promise<void> | undefined
  #following: Promise<Following> | undefined

  constructor(store: Store) {
    this.#store = store
  }

  /**
   * Concurrent calls share one check of the store.
   *
   * @throws StoreUnavailable if the announcement of what was stored does not arrive in time
   */
  check(): Promise<void> {
    this.#checking ??= this.#probe().finally(() => {
      this.#checking = undefined
    })
    return this.#checking
  }

  async #probe(): Promise<void> {
    await this.#store.ping()
    this.#following ??= this.#store.follow(HUB_PARTITION, LOG, {
      entry: ({ n }) => {
        this.#last = n
        this.#waiting.get(n)?.()
      },
      broken: () => {
        this.#last = 0
      },
    })
    this.#following.catch(() => {
      this.#following = undefined
    })
    await this.#following
    await this.#found()
    const done = await this.#store.commit(HUB_PARTITION, {
      founded: true,
      append: [{ log: LOG, value: NOTHING, announce: true, keep: 1 }],
    })
    const n = done.kind === "committed" ? (done.n[0] ?? 0) : 0
    if (this.#last >= n) return
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => settle(reject), DEADLINE_MS)
      const settle = (outcome: (error: StoreUnavailable) => void): void => {
        clearTimeout(timer)
        this.#waiting.delete(n)
        outcome(new StoreUnavailable("What was stored was not announced."))
      }
      this.#waiting.set(n, () => settle(() => resolve()))
    })
  }

  /**
   * [S15] Every store gets a random mark. If it is gone or another one, the store was emptied under this running node: the node
   * stays unready for good, because it serves apps that the store has lost.
   */
  async #found(): Promise<void> {
    const present = await this.#founding()
    if (this.#founded) {
      if (present && this.#founded.equals(present)) return
      throw new StoreUnavailable("The store was emptied under this node.")
    }
    if (present) {
      this.#founded = present
      return
    }
    const made = randomBytes(FOUNDING_BYTES)
    const { kind } = await this.#store.commit(HUB_PARTITION, {
      expect: [[FOUNDED, 0]],
      put: [[FOUNDED, made]],
    })
    this.#founded = kind === "committed" ? made : await this.#founding()
  }

  /** The mark that the store's first node put. Stores of earlier versions have one of a single byte. */
  async #founding(): Promise<Buffer | undefined> {
    const [found] = await this.#store.load(HUB_PARTITION, [FOUNDED])
    return found?.value && Buffer.from(found.value)
  }

  async stop(): Promise<void> {
    await this.#following?.then(
      (following) => following.stop(),
      () => undefined,
    )
  }
}
