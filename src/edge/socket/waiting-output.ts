/**
 * Counts the output that a client has not read yet. A client that does not read is cut at the next write; its device resumes by
 * its cursor.
 */

/** A client is cut if more than this is unread for longer than this time. */
const BOUND_BYTES = 512 * 1024
const MAX_WAIT_MS = 3_000
/** With more unread output than this a client is cut at once. */
const HARD_LIMIT_BYTES = 1_536 * 1024

export class WaitingOutput {
  #queued = 0
  /** Bytes ever written. */
  written = 0
  #since: number | undefined

  /** More bytes were written. */
  add(bytes: number): void {
    this.#queued += bytes
    this.written += bytes
  }

  /** Written to the connection below, past the engine. */
  passed(bytes: number): void {
    this.written += bytes
  }

  /** The engine has handed everything on to the connection below. */
  flushed(): void {
    this.#queued = 0
  }

  waiting(below: number): number {
    return this.#queued + below
  }

  /** @param below bytes that the connection below has not passed on yet */
  tooMuch(below: number, now: number): boolean {
    const waiting = this.waiting(below)
    if (waiting < BOUND_BYTES) {
      this.#since = undefined
      return false
    }
    this.#since ??= now
    return waiting > HARD_LIMIT_BYTES || now - this.#since >= MAX_WAIT_MS
  }
}
