/**
 * Comes in, and comes back: one attempt after the other, slower and slower, without limit. A stock client does not
 * retry after a refused handshake; this one does where the refusal says that it may help.
 */
import { fullJitter } from "../lib/backoff.ts"
import type { MessagingAuth, State } from "../protocol/handshake.ts"
import { asClientError, type ClientError } from "./errors.ts"
import { type Link, type LinkListener, openLink } from "./link.ts"
import type { Settings } from "./options.ts"
import type { Status } from "./status.ts"
import type { Source } from "./tokens.ts"

/** What a handshake was begun with. */
export interface Proof {
  readonly auth: MessagingAuth
  /** Where the token came from, and the token. */
  readonly signed?: { readonly source: Source; readonly jwt: string }
}

export interface ConnectorParts {
  readonly settings: Settings
  /** What to come in with; `undefined`: not as things are, and the status says why. Its errors are waited out. */
  readonly prove: () => Promise<Proof | undefined>
  /** The first `ready` of a connection. */
  readonly entered: (state: State, proof: Proof) => void
  readonly refused: (error: ClientError, proof: Proof) => void
  readonly heard: Pick<LinkListener, "ready" | "event" | "signal">
  /** The connection and all that was in flight on it are gone. */
  readonly ended: () => void
  readonly become: (status: Status) => void
}

const BACKOFF = { baseMs: 500, capMs: 30_000 }

export class Connector {
  readonly #parts: ConnectorParts
  /** Another number: another attempt; what belongs to an earlier one is over. */
  #run = 0
  #attempt = 0
  #link: Link | undefined
  #ready = false
  #drainMs = 0
  #stopTimer = (): void => undefined

  constructor(parts: ConnectorParts) {
    this.#parts = parts
  }

  /** The connection, once `ready` has come on it, and while it stands. */
  get link(): Link | undefined {
    return this.#ready && this.#link?.open ? this.#link : undefined
  }

  /** A new attempt, now, in place of whatever there is. */
  begin(): void {
    this.end()
    const run = this.#run
    this.#parts.become({ state: "connecting", attempt: this.#attempt })
    if (run === this.#run) void this.#open(run)
  }

  /** As `begin`, and without the caution that earlier failures have taught: the world has changed. */
  beginAfresh(): void {
    this.#attempt = 0
    this.begin()
  }

  /** Gives the connection up and tries again later. */
  retry(error: ClientError): void {
    const { clock, random } = this.#parts.settings
    const waitMs =
      Math.max(this.#drainMs, error.retryAfterMs ?? 0) + fullJitter(this.#attempt, BACKOFF, random())
    this.end()
    this.#drainMs = 0
    this.#attempt += 1
    this.#stopTimer = clock.after(waitMs, () => this.begin())
    this.#parts.become({ state: "waiting", attempt: this.#attempt, retryAt: clock.now() + waitMs, error })
  }

  /** The hub is about to close this connection and says when to come back, in milliseconds. */
  drain(afterMs: number): void {
    this.#drainMs = afterMs
  }

  end(): void {
    this.#run += 1
    this.#stopTimer()
    const link = this.#link
    this.#link = undefined
    this.#ready = false
    link?.close()
    this.#parts.ended()
  }

  async #open(run: number): Promise<void> {
    try {
      const proof = await this.#parts.prove()
      if (proof && run === this.#run) this.#link = this.#connect(run, proof)
    } catch (cause) {
      if (run === this.#run) this.retry(asClientError(cause))
    }
  }

  #connect(run: number, proof: Proof): Link {
    const { settings, heard, entered, refused } = this.#parts
    const current =
      <Args extends readonly unknown[]>(act: (...args: Args) => void) =>
      (...args: Args): void => {
        if (run === this.#run) act(...args)
      }
    return openLink(settings, proof.auth, {
      ready: current((state: State) => {
        const first = !this.#ready
        this.#ready = true
        this.#attempt = 0
        if (first) entered(state, proof)
        else heard.ready(state)
      }),
      event: current(heard.event),
      signal: (name, data) => current(() => heard.signal(name, data))(),
      refused: current((error: ClientError) => refused(error, proof)),
      lost: current((error: ClientError) => this.retry(error)),
    })
  }
}
