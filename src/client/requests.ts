/**
 * Commands other than `send`: the caller waits for the answer. All of them may be said twice without harm, so a
 * lost connection, an expiry or a busy hub is waited out – for as long as a caller's patience lasts.
 */
import { fullJitter } from "../lib/backoff.ts"
import type { Body, CommandName, Result } from "../protocol/commands.ts"
import { ClientError, curedByLogin, identityChanged, notConnected } from "./errors.ts"
import type { Answer, Link } from "./link.ts"
import type { Session } from "./session.ts"

/** The hub refuses larger bodies, and closes the connection on much larger ones (docs/protocol.md 2). */
export const BODY_BYTES = 64 * 1024

const BACKOFF = { baseMs: 250, capMs: 5_000 }

/** @throws ClientError `payload_too_large` before anything is sent */
export function measure(body: object): void {
  const bytes = new TextEncoder().encode(JSON.stringify(body)).length
  if (bytes > BODY_BYTES) {
    throw new ClientError(
      "payload_too_large",
      `The body has ${bytes} bytes; at most ${BODY_BYTES} are allowed.`,
    )
  }
}

/**
 * @throws ClientError the hub's refusal; `offline` or the last retryable refusal when patience is at its end;
 * `identity_changed` if the person who asked is gone when the answer comes
 */
export async function request<C extends CommandName>(
  session: Session,
  name: C,
  body: Body<C>,
): Promise<Result<C>> {
  measure(body)
  const { clock, random, patienceMs } = session.settings
  const { epoch } = session.history
  const until = clock.now() + patienceMs
  let last: ClientError = notConnected()
  for (let attempt = 0; ; attempt += 1) {
    const link = await session.lineWithin(until - clock.now())
    if (epoch !== session.history.epoch && session.history.owner) throw identityChanged()
    if (!link) throw last
    const answer = await said(link, name, body)
    if (answer.ok && epoch === session.history.epoch) return answer.result
    if (answer.ok) throw identityChanged()
    last = answer.error
    if (curedByLogin(last)) session.unidentified(last)
    else if (!last.retryable) throw last
    const wait = Math.max(last.retryAfterMs ?? 0, fullJitter(attempt, BACKOFF, random()))
    if (clock.now() + wait >= until) throw last
    await new Promise<void>((resolve) => clock.after(wait, resolve))
  }
}

const said = <C extends CommandName>(link: Link, name: C, body: Body<C>): Promise<Answer<Result<C>>> =>
  new Promise((resolve) => link.command(name, body, resolve))
