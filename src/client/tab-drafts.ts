/** Takes over the drafts of tabs that were closed, and sends them. */
import type { ClientContext } from "./client-context.ts"
import type { DeviceStorage } from "./device-storage.ts"
import type { OutboxSender } from "./outbox-sender.ts"
import { isPage } from "./visibility.ts"

/** How long after its message `drafts` a tab that closes may still hold its lock. */
const LEFT_MS = 1_000
/** Tabs that ended without a message are looked for this often. */
const LOOK_MS = 30_000

export interface TabDrafts {
  begin(): Promise<void>
  look(): Promise<void>
  lookSoon(): void
  leave(): void
  stop(): void
}

export function tabDrafts(
  { settings: { clock }, share }: ClientContext,
  device: DeviceStorage,
  sender: OutboxSender,
): TabDrafts {
  let looking = false
  let stopped = false
  let stopTimer = (): void => undefined

  const look = async (): Promise<void> => {
    if (looking || stopped) return
    looking = true
    try {
      sender.restore(await device.drafts.adopt())
    } finally {
      looking = false
    }
  }

  const lookIn = (ms: number): void => {
    stopTimer()
    if (stopped) return
    stopTimer = clock.after(ms, () => {
      device.drafts.touch()
      look()
      lookIn(LOOK_MS)
    })
  }

  return {
    async begin() {
      await look()
      if (isPage()) lookIn(LOOK_MS)
    },
    look,
    lookSoon: () => lookIn(LEFT_MS),
    leave() {
      device.leave()
      share({ type: "drafts" })
    },
    stop() {
      stopped = true
      stopTimer()
    },
  }
}
