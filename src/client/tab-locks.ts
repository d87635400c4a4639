/** Locks between the tabs of one browser: one tab at a time reads, makes and changes the visitor's session. */
import type { Clock } from "../lib/clock.ts"
import type { ClientStorage } from "./client-storage.ts"
import { newLocalId } from "./local-id.ts"
import { isPage } from "./visibility.ts"

/** What of `navigator.locks` is used; `undefined` is given to `held` where `ifAvailable` finds the lock taken. */
export interface TabLocks {
  request(
    name: string,
    options: { ifAvailable?: boolean; signal?: AbortSignal },
    held: (lock: unknown) => Promise<void>,
  ): Promise<unknown>
}

export type Release = () => void

/** Pages without TLS have no `navigator.locks`; in Node the clients of a process are no tabs. */
export const browserLocks = (): TabLocks | undefined => (isPage() ? globalThis.navigator?.locks : undefined)

/** @returns a function that releases it; `undefined` if it was not free in time: a frozen tab must not stop the others */
export function acquire(
  locks: TabLocks,
  name: string,
  waitMs: number,
  clock: Clock,
): Promise<Release | undefined> {
  return new Promise((resolve) => {
    const late = new AbortController()
    const cancel = clock.after(waitMs, () => late.abort())
    const hold = (): Promise<void> =>
      new Promise((release) => {
        cancel()
        resolve(release)
      })
    locks.request(name, { signal: late.signal }, hold).catch(() => {
      cancel()
      resolve(undefined)
    })
  })
}

/** Whether a tab that holds this lock as long as it lives is there. */
export async function isHeld(locks: TabLocks, name: string): Promise<boolean> {
  let held = false
  const look = async (lock: unknown): Promise<void> => {
    held = !lock
  }
  await locks.request(name, { ifAvailable: true }, look).catch(() => undefined)
  return held
}

/** Longer than a handshake takes; a tab that crashed keeps the others waiting no longer. */
const LEASE_MS = 6_000
/** Its text is the holder's name, and until when it holds. */
const holds = (text: string | null | undefined, clock: Clock): boolean => {
  const left = Number(text?.split(" ")[1]) - clock.now()
  // More than a lease is left of one that was taken before the clock was set back.
  return left > 0 && left <= LEASE_MS
}
/** Another tab's writing is seen within this time. */
const SETTLE_MS = 40

/**
 * Where the browser has no locks: a name in the storage, written and looked at again. Two tabs that write in the same
 * moment see only one of the two names.
 */
export async function acquireInStorage(
  { get, set, update }: ClientStorage,
  key: string,
  waitMs: number,
  clock: Clock,
): Promise<Release | undefined> {
  const name = newLocalId()
  const until = clock.now() + waitMs
  const pause = (): Promise<void> => new Promise((resolve) => clock.after(SETTLE_MS, resolve))
  for (; clock.now() < until; await pause()) {
    if (holds(await get(key), clock)) continue
    await set(key, `${name} ${clock.now() + LEASE_MS}`)
    await pause()
    const found = await get(key)
    if (found?.startsWith(name))
      return () => update(key, (text) => (text?.startsWith(name) ? undefined : text))
    // Neither this name nor another one's: what is written here is not kept, so there is nothing to agree on.
    if (!holds(found, clock)) break
  }
  return undefined
}
