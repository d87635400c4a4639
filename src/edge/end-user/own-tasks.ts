/**
 * What a session does without having been asked: it begins when the device has its first state. A full state that came before
 * it would be replaced by that one, which is older [P2].
 */
type Task = () => Promise<void>

export class OwnTasks {
  /** What came while the handshake was under way; `undefined` from its end on. */
  #early: Task[] | undefined
  /** Full states that are to come. */
  #restarts = 0
  #deferred: (() => void) | undefined
  readonly #run: (task: Task) => void

  /** @param run queues it behind the commands */
  constructor(run: (task: Task) => void) {
    this.#early = []
    this.#run = run
  }

  /**
   * Whether a full state is to come: what is held does not go on from the one before, so it is not released [P2].
   *
   * @param release is called where that state turns out not to be needed
   */
  defers(release: () => void): boolean {
    if (this.#restarts === 0) return false
    this.#deferred = release
    return true
  }

  /** What was held is in the state that is read now. */
  drop(): void {
    this.#deferred = undefined
  }

  later(task: Task): void {
    if (this.#early) this.#early.push(task)
    else this.#run(task)
  }

  /** @param task sends a full state */
  restart(task: Task): void {
    this.#restarts += 1
    this.later(async () => {
      this.#restarts -= 1
      await task()
      this.#deferred?.()
    })
  }

  begin(): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const task of early) this.#run(task)
  }
}
