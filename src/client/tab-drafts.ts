/** Drafts that a tab left behind are sent by another one. */
import type { ClientContext } from "./client-context.ts"
import type { DeviceStorage } from "./device-storage.ts"
import type { OutboxSender } from "./outbox-sender.ts"

/** After its message that it leaves, a tab is gone for good within this time. */
const LEFT_MS = 1_000
/** Tabs that ended without a message are looked for this often. */
const LOOK_MS = 30_000

export class TabDrafts {
  readonly #context: ClientContext
  readonly #device: DeviceStorage
  readonly #sender: OutboxSender
  #looking = false
  #stopped = false
  #stopTimer = (): void => undefined

  constructor(context: ClientContext, device: DeviceStorage, sender: OutboxSender) {
    this.#context = context
    this.#device = device
    this.#sender = sender
  }

  async begin(): Promise<void> {
    await this.#adopt()
    // Only browsers have other tabs.
    if (typeof document !== "undefined") this.#later(LOOK_MS)
  }

  look(): void {
    void this.#adopt()
  }

  lookSoon(): void {
    this.#stopTimer()
    this.#later(LEFT_MS)
  }

  leave(): void {
    this.#device.leave()
    this.#context.share({ type: "drafts" })
  }

  stop(): void {
    this.#stopped = true
    this.#stopTimer()
  }

  #later(ms: number): void {
    if (this.#stopped) return
    this.#stopTimer = this.#context.settings.clock.after(ms, () => {
      this.#device.drafts.touch()
      this.look()
      this.#later(LOOK_MS)
    })
  }

  async #adopt(): Promise<void> {
    if (this.#looking || this.#stopped) return
    this.#looking = true
    try {
      this.#sender.restore(await this.#device.drafts.adopt())
    } finally {
      this.#looking = false
    }
  }
}
