/** A real store in which a merge's last step waits until it may go on. */
import type { Store } from "../../src/store/contract.ts"

/** Holds the commit that forwards the discarded user: the first that writes their record after the survivor's. */
export function holdingForward(real: Store) {
  let users: { readonly discarded: string; readonly survivor: string } | undefined
  let imported = false
  let release = (): void => undefined
  let reached = (): void => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const forwards = new Promise<void>((resolve) => {
    reached = resolve
  })
  const store: Store = {
    ...real,
    async commit(partition, change) {
      const writes = (userId = "none") => change.put?.some(([key]) => key.endsWith(`:${userId}`)) === true
      if (imported && writes(users?.discarded)) {
        reached()
        await released
      }
      const done = await real.commit(partition, change)
      imported ||= done.kind === "committed" && writes(users?.survivor)
      return done
    },
  }
  return {
    store,
    forwards,
    release,
    watch(discarded: string, survivor: string) {
      users = { discarded, survivor }
    },
  }
}
