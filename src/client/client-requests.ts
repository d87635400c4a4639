/**
 * Commands other than `send`: the caller waits for the answer. All of them may be sent twice without harm, so a
 * lost connection, an expiry or a busy hub is waited out – while that can help, and within `patienceMs`.
 */
import type { Body, CommandName, Result } from "../protocol/commands.ts"
import { curedByLogin } from "./auth-errors.ts"
import { tooLarge } from "./body-size.ts"
import { ClientError } from "./client-error.ts"
import type { ClientRuntime } from "./client-runtime.ts"
import type { Answer, Link } from "./client-socket.ts"
import { closed, identityChanged } from "./error-makers.ts"
import { retryWait, SHORT_MS } from "./retry-wait.ts"

/**
 * @throws ClientError the hub's refusal; at once the obstacle (`offline`, `closed`, or what the hub would answer to
 * this session) where waiting does not help; the last refusal when `patienceMs` has passed;
 * `identity_changed` if the user who asked is gone when the answer comes
 */
export async function request<C extends CommandName>(
  runtime: ClientRuntime,
  name: C,
  body: Body<C>,
): Promise<Result<C>> {
  const refusal = tooLarge(body)
  if (refusal) throw refusal
  const { context, calls } = runtime
  const { clock, random, patienceMs } = context.settings
  const { accountNo } = context.state
  const until = clock.now() + patienceMs
  const isOther = (): boolean => accountNo !== context.state.accountNo
  for (let attempt = 0; ; attempt += 1) {
    const link = await calls.usable(until)
    if (link instanceof ClientError) throw link
    if (isOther()) throw identityChanged()
    const answer = await said(link, name, body)
    if (context.state.phase.at === "closed") throw closed()
    if (isOther()) throw identityChanged()
    if (answer.ok) return answer.result
    const { error } = answer
    if (curedByLogin(error)) context.dispatch({ type: "unidentified", error })
    else if (!error.retryable) throw error
    const wait = retryWait(error, attempt, random(), SHORT_MS)
    if (clock.now() + wait >= until) throw error
    await new Promise<void>((resolve) => clock.after(wait, resolve))
  }
}

const said = <C extends CommandName>(link: Link, name: C, body: Body<C>): Promise<Answer<Result<C>>> =>
  new Promise((resolve) => link.command(name, body, resolve))
