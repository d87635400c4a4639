/** Drafts that a tab left behind are sent by another one. */
import type { Clock } from "../lib/clock.ts"
import type { DeviceStorage } from "./device-storage.ts"
import type { Draft } from "./outbox.ts"

/** After its message that it leaves, a tab is gone for good within this time. */
const LEFT_MS = 1_000
/** Tabs that ended without a message are looked for this often. */
const LOOK_MS = 30_000

export interface TabDraftsParts {
  readonly clock: Clock
  readonly device: DeviceStorage
  readonly restore: (drafts: readonly Draft[]) => void
  /** Says that this tab leaves drafts. */
  readonly leave: () => void
}

export class TabDrafts {
  readonly #parts: TabDraftsParts
  #looking = false
  #stopped = false
  #stopTimer = (): void => undefined

  constructor(parts: TabDraftsParts) {
    this.#parts = parts
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
    this.#parts.device.leave()
    this.#parts.leave()
  }

  stop(): void {
    this.#stopped = true
    this.#stopTimer()
  }

  #later(ms: number): void {
    if (this.#stopped) return
    this.#stopTimer = this.#parts.clock.after(ms, () => {
      this.#parts.device.drafts.touch()
      this.look()
      this.#later(LOOK_MS)
    })
  }

  async #adopt(): Promise<void> {
    if (this.#looking || this.#stopped) return
    this.#looking = true
    try {
      this.#parts.restore(await this.#parts.device.drafts.adopt())
    } finally {
      this.#looking = false
    }
  }
}
