/**
 * Secrets that all nodes of a store share, and the check that they do: otherwise a visitor's token would be good on one node
 * and refused on another. Running nodes keep renewing a record with the fingerprint of their secrets. A node that starts with
 * other secrets waits whether the record is still renewed.
 */
import { createHmac } from "node:crypto"
import type { Clock } from "../lib/clock.ts"
import { type Store, StoreUnavailable } from "../store/contract.ts"
import { HUB_PARTITION } from "./readiness-probe.ts"

const KEY = "secrets"
const RENEW_MS = 3_000
/** Longer than two renewals: each living node has renewed it by then. */
const WATCH_MS = 8_000
const MAX_SECRET_TRIES = 10

export interface SharedSecrets {
  stop(): void
}

/** @throws Error where another node of this store lives with other secrets */
export async function shareSecrets(
  store: Store,
  clock: Clock,
  secrets: readonly string[],
  onOther: () => void,
): Promise<SharedSecrets> {
  const own = createHmac("sha256", "tributary: the secrets of a store").update(secrets.join("\0")).digest()
  const look = async () => {
    const [found] = await store.load(HUB_PARTITION, [KEY])
    return { version: found?.version ?? 0, same: found?.value === undefined || own.equals(found.value) }
  }
  /** @param founded it has been written by this node before: what was emptied since is not begun anew by it [S15] */
  const renew = (version: number, founded: boolean) =>
    store.commit(HUB_PARTITION, { founded, expect: [[KEY, version]], put: [[KEY, own]] })

  let seen = await look()
  if (!seen.same) {
    await new Promise<void>((resolve) => void clock.after(WATCH_MS, resolve))
    const then = await look()
    if (!then.same && then.version !== seen.version) {
      throw new Error(
        "Another node of this store runs with another SESSION_SECRET or ADMIN_TOKEN: all nodes need the same; to change them, stop all nodes first.",
      )
    }
    seen = then
  }
  await renew(seen.version, false)

  let stopped = false
  let cancel: () => void = () => undefined
  const again = (): void => {
    cancel = clock.after(RENEW_MS, async () => {
      try {
        const now = await look()
        if (now.same) await renew(now.version, true)
        else onOther()
      } catch {
        // The store is away, which readiness tells; it is renewed when it is back.
      }
      if (!stopped) again()
    })
  }
  again()
  return {
    stop() {
      stopped = true
      cancel()
    },
  }
}

/** A secret that all nodes share, kept in the store because the settings have none. */
export async function storedSecret(store: Store, name: string, make: () => string): Promise<string> {
  const key = `secret:${name}`
  // Another node was faster and has stored one: the second read finds it.
  for (let tries = 1; tries <= MAX_SECRET_TRIES; tries += 1) {
    const [stored] = await store.load(HUB_PARTITION, [key])
    if (stored?.value) return Buffer.from(stored.value).toString("utf8")
    await store.commit(HUB_PARTITION, { expect: [[key, 0]], put: [[key, Buffer.from(make(), "utf8")]] })
  }
  throw new StoreUnavailable("The store neither takes a secret nor has one.")
}
