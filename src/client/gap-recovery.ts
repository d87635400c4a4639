/**
 * Closes holes in the feed. Meanwhile the status is `stale`; when `sync` does not succeed the connection
 * is given up, and the handshake of the next one brings what is missing.
 */
import type { FeedEvent } from "../protocol/events.ts"
import type { Account } from "./account.ts"
import type { ClientContext } from "./client-context.ts"
import { isCutShort } from "./client-feed.ts"
import type { Performers } from "./client-inputs.ts"
import type { Link } from "./client-socket.ts"
import { retryWait, SHORT_MS } from "./retry-wait.ts"

const MOST_ATTEMPTS = 5
/** Names no event: the answer is the whole state. */
const ANEW = "anew"
const PROBE_MS = 5_000
/** The hub sends the head of the feed every 25 s, a little later where it or the network is slow. */
const BEAT_DEADLINE_MS = 27_000

export interface GapRecovery extends Pick<Performers, "probe"> {
  /** An event of the feed. A merge may have more conversations than its event can name: then the whole state is fetched. */
  receive(event: FeedEvent): void
  /** A connection begins, or the hub says how far it has sent. If it does not say so again in time, it is asked. */
  beat(head?: { readonly offset: number }): void
  /** The connection is over. */
  stop(): void
}

export function gapRecovery(context: ClientContext, account: Account): GapRecovery {
  const { settings, dispatch } = context
  const { clock, random } = settings
  /** The connection on which a `sync` is under way. */
  let busy: Link | undefined
  let stopBeat = (): void => undefined
  /** Whether only the whole state has all that changed. */
  let anew = false

  const sync = (link: Link, attempts: number, timeoutMs?: number, attempt = 0): void => {
    const { view } = account
    const { stateNo } = context.state
    const whole = anew
    if (!view || context.line !== link) {
      if (busy === link) busy = undefined
      return
    }
    busy = link
    link.command(
      "sync",
      { cursor: whole ? ANEW : view.cursor },
      (answer) => {
        if (whole && answer.ok) anew = false
        // Asked from a cursor of an earlier state: the new one has no holes.
        const isOver = stateNo !== context.state.stateNo
        if (!isOver && answer.ok) account.heal(answer.result)
        if (isOver || (answer.ok && (!account.stale || attempts === 1))) {
          busy = undefined
          check()
        } else if (attempt + 1 < attempts && (answer.ok || answer.error.retryable))
          clock.after(attempt && retryWait({}, attempt, random(), SHORT_MS), () =>
            sync(link, attempts, timeoutMs, attempt + 1),
          )
        else {
          busy = undefined
          if (context.line === link) dispatch({ type: "deaf" })
        }
      },
      timeoutMs,
    )
  }

  /** The connection, unless a `sync` is under way on it. */
  const idle = (): Link | undefined => (context.line === busy ? undefined : context.line)

  /** Looks for a hole, and closes it. @param head the number of the last event that the hub has sent */
  const check = (head?: number): void => {
    const link = idle()
    if (!link) return
    const stale = anew || account.stale || (head !== undefined && account.isBehind(head))
    if (stale !== (context.state.staleSince !== undefined)) dispatch({ type: "stale", stale })
    if (stale) sync(link, MOST_ATTEMPTS)
  }

  const probe = (): void => {
    const link = idle()
    if (link) sync(link, 1, PROBE_MS)
  }

  return {
    beat(head) {
      stopBeat()
      // A connection on which nothing comes is not called live until it answers.
      stopBeat = clock.after(BEAT_DEADLINE_MS, () => {
        if (!idle()) return
        dispatch({ type: "stale", stale: true })
        probe()
      })
      check(head?.offset)
    },
    receive(event) {
      account.receive(event)
      anew ||= isCutShort(event)
      check()
    },
    probe,
    stop() {
      stopBeat()
      busy = undefined
    },
  }
}
