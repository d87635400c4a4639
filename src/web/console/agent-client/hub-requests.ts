/** What is asked of the hub, and what becomes of its answer, of its refusal and of its silence. */
import type { WireError } from "../../../protocol/errors.ts"
import type { AgentAnswer, Request } from "./effect.ts"
import type { AgentLink } from "./socket-link.ts"
import type { StateLoop } from "./state-loop.ts"
import type { TimerSet } from "./timer-set.ts"

export interface HubRequests {
  /** Resolves when the answer, or the failure, has been reduced into the state. */
  ask(request: Request): Promise<void>
  /** Gives the hub a token on the open connection. */
  present(jwt: string): Promise<void>
}

const REPEAT_MS = 1_000
const UNANSWERED: WireError = {
  code: "unavailable",
  message: "The hub did not answer in time.",
  retryable: true,
}

export function hubRequests(loop: StateLoop, link: AgentLink, { after }: TimerSet): HubRequests {
  const ask = async (request: Request): Promise<void> => {
    try {
      const result = await link.ask(request)
      // The boundary: the hub answers a command with that command's result.
      loop.happen({ type: "answered", answer: { request, result } as AgentAnswer })
    } catch (error) {
      if (loop.ended) return
      // The boundary: a link rejects with what the hub said, or with nothing.
      if (error !== undefined) refused(request, error as WireError)
      else if (loop.state.connection.state === "live") silent(request)
    }
  }

  /** A connection on which a command stays without an answer is dead, even if its state says otherwise. */
  const silent = (request: Request): void => {
    loop.happen({ type: "failed", request, error: UNANSWERED })
    link.reopen()
  }

  const refused = (request: Request, error: WireError): void => {
    const again = error.code === "rate_limited" || error.code === "unavailable"
    const repeats = request.command === "message:send" || request.command === "conversation:read"
    if (again && repeats) after(error.retryAfterMs ?? REPEAT_MS, () => void ask(request))
    else loop.happen({ type: "failed", request, error })
  }

  return {
    ask,
    present: (jwt) => ask({ command: "login", body: { jwt }, generation: loop.state.generation }),
  }
}
