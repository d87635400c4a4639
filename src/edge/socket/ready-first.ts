/**
 * What goes out to one socket of a namespace. `ready` comes first (docs/protocol.md 3.1): signals of what happens while a
 * state is still read for it follow that state.
 */
import type { Frame } from "./frame-writer.ts"
import type { GuardedConnection } from "./guarded-connection.ts"

export abstract class ReadyFirst {
  protected readonly connection: GuardedConnection
  /** Signals before the first `ready`; `undefined` after it. */
  #early: Frame[] | undefined = []

  protected constructor(connection: GuardedConnection) {
    this.connection = connection
  }

  protected writeReady(frame: Frame): void {
    const early = this.#early ?? []
    this.#early = undefined
    this.connection.write(frame)
    for (const signal of early) this.connection.write(signal)
  }

  protected writeSignal(frame: Frame): void {
    if (this.#early) this.#early.push(frame)
    else this.connection.write(frame)
  }
}
