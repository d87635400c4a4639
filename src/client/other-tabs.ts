/**
 * This page and the other tabs of its browser: they tell each other what has changed, and the drafts of tabs that were closed
 * are taken over and sent.
 */
import type { ClientContext } from "./client-context.ts"
import type { Performers } from "./client-inputs.ts"
import type { DeviceStorage } from "./device-storage.ts"
import type { OutboxSender } from "./outbox-sender.ts"
import { type OpenTabChannel, openTabs, type TabChannel, type TabNews } from "./tab-channel.ts"
import { isPage, listenToPage } from "./visibility.ts"

/** How long after its message `drafts` a tab that closes may still hold its lock. */
const LEFT_MS = 1_000
/** Tabs that ended without a message are looked for this often. */
const LOOK_MS = 30_000

export interface OtherTabs extends Pick<Performers, "share"> {
  /** From here on this tab is one of them. */
  begin(): Promise<void>
  /** This tab is over; others take its drafts. */
  stop(): void
}

export function otherTabs(
  { settings: { clock }, dispatch }: ClientContext,
  device: DeviceStorage,
  sender: OutboxSender,
  open: OpenTabChannel | undefined,
): OtherTabs {
  let looking = false
  let stopped = false
  let stopTimer = (): void => undefined
  let channel: TabChannel | undefined

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

  const leave = (): void => {
    device.leave()
    channel?.postMessage({ type: "drafts" } satisfies TabNews)
  }

  const stopListening = listenToPage({
    woke() {
      dispatch({ type: "woke" })
      look()
    },
    leaves: leave,
    stored(key) {
      const { keeper } = device
      if ((key ?? keeper.key) === keeper.key) dispatch({ type: "tabNews", news: { type: "changed" } })
    },
  })

  return {
    async begin() {
      channel = openTabs(open, device.prefix + device.deviceId, (news) => {
        if (news.type === "drafts") lookIn(LEFT_MS)
        else dispatch({ type: "tabNews", news })
      })
      await look()
      if (isPage()) lookIn(LOOK_MS)
    },
    share: ({ news }) => channel?.postMessage(news),
    stop() {
      stopListening()
      leave()
      stopped = true
      stopTimer()
      channel?.close()
      channel = undefined
    },
  }
}
