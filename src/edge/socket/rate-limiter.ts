/**
 * Limits how often commands may be sent: by one user on all their sockets, by all users of an app, and by all users at one
 * address. The counts of users and apps are shared with the other nodes; each node counts addresses for itself. An office
 * behind one address is many visitors, so for addresses only sends and writes are counted.
 */
import type { App } from "../../app/app.ts"
import { type Rate, type RateKind, rateTable } from "../../protocol/command-rates.ts"
import { HubError } from "../../protocol/errors.ts"
import type { AddressQuota } from "./address-quotas.ts"
import type { SharedCounts, SharedCountsParts } from "./shared-counts.ts"
import { TokenBuckets } from "./token-bucket.ts"

/** A message as long as this weighs as much as two short ones. */
const WEIGHED_BYTES = 2_048

/** How many times as much as one user an address may do: a public one (`counted`), or one that many users share (`many`). */
const ADDRESS_SHARE = { sends: { counted: 5, many: 25 }, writes: { counted: 2, many: 10 } } as const

export interface Asking {
  readonly app: App
  /** What the command is counted for: the user's id, or for logins and logouts the socket's. */
  readonly asker: string
  readonly address: AddressQuota
}

export class RateLimiter {
  readonly #now: () => number
  readonly #shared: SharedCounts | undefined
  readonly #buckets: { readonly [K in RateKind]: TokenBuckets } = {
    sends: new TokenBuckets(),
    writes: new TokenBuckets(),
    reads: new TokenBuckets(),
    logins: new TokenBuckets(),
    typing: new TokenBuckets(),
  }
  readonly #addresses = { sends: new TokenBuckets(), writes: new TokenBuckets() }
  readonly #apps = { sends: new TokenBuckets(), writes: new TokenBuckets() }

  /**
   * @param now milliseconds of a clock that is never set
   * @param shared makes the exchange of counts with other nodes; none if the node is alone
   */
  constructor(now: () => number, shared?: (onSpent: SharedCountsParts["onSpent"]) => SharedCounts) {
    this.#now = now
    this.#shared = shared?.((limit, name, weight) => this.#spentElsewhere(limit, name, weight))
  }

  /** @throws HubError `rate_limited` with the longest of the waits */
  demand({ app, asker, address }: Asking, kind: RateKind, weight: number, bytes: number): void {
    const now = this.#now()
    const { user, app: whole } = rateTable(app.settings)
    const name = `${app.id} ${asker}`
    const own = this.#buckets[kind].take(name, user[kind], now, weight)
    if (own > 0) throw new HubError("rate_limited", undefined, own)
    this.#shared?.spent(kind, name, weight)
    if (kind !== "sends" && kind !== "writes") return
    const heavy = weight + Math.floor(bytes / WEIGHED_BYTES)
    const share = ADDRESS_SHARE[kind][address.counted ? "counted" : "many"]
    const there = this.#addresses[kind].take(
      `${app.id} ${address.name}`,
      times(user[kind], share),
      now,
      heavy,
    )
    if (there > 0) throw new HubError("rate_limited", "Too much comes from one address.", there)
    const inApp = this.#apps[kind].take(app.id, whole[kind], now, heavy)
    if (inApp > 0) throw new HubError("rate_limited", "Too much comes to this app.", inApp)
    this.#shared?.spent(APP_LIMIT[kind], app.id, heavy)
  }

  #spentElsewhere(limit: string, name: string, weight: number): void {
    const users = Object.entries(this.#buckets).find(([kind]) => kind === limit)?.[1]
    const buckets = users ?? (limit === APP_LIMIT.sends ? this.#apps.sends : this.#apps.writes)
    buckets.spend(name, weight)
  }
}

const APP_LIMIT = { sends: "app sends", writes: "app writes" } as const

const times = ({ perSecond, burst }: Rate, factor: number): Rate => ({
  perSecond: perSecond * factor,
  burst: burst * factor,
})
