/** Drafts that a tab left behind are sent by another one. */
import type { ClientRuntime } from "./client-runtime.ts"

/** After its message that it leaves, a tab is gone for good within this time. */
const LEFT_MS = 1_000
/** Tabs that ended without a message are looked for this often. */
const LOOK_MS = 30_000

export class TabDrafts {
  readonly #runtime: ClientRuntime
  #looking = false
  #stopped = false
  #stopTimer = (): void => undefined

  constructor(runtime: ClientRuntime) {
    this.#runtime = runtime
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
    this.#runtime.device.leave()
    this.#runtime.share({ type: "drafts" })
  }

  stop(): void {
    this.#stopped = true
    this.#stopTimer()
  }

  #later(ms: number): void {
    if (this.#stopped) return
    this.#stopTimer = this.#runtime.settings.clock.after(ms, () => {
      this.#runtime.device.drafts.touch()
      this.look()
      this.#later(LOOK_MS)
    })
  }

  async #adopt(): Promise<void> {
    if (this.#looking || this.#stopped) return
    this.#looking = true
    try {
      this.#runtime.account.sender.restore(await this.#runtime.device.drafts.adopt())
    } finally {
      this.#looking = false
    }
  }
}
