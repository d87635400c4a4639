/** The promises that calls of the host wait for, and the tokens that its logins ask for. */
import type { Client } from "./client-api.ts"
import type { ClientContext } from "./client-context.ts"
import { ClientError } from "./client-error.ts"
import type { Performers } from "./client-inputs.ts"
import { type Deferred, deferred } from "./deferred.ts"
import type { GetToken, LoginResult } from "./token-source.ts"

interface Call {
  settle(result: LoginResult | Error | undefined): void
  /** Of a login. */
  readonly getToken?: GetToken
  readonly unlisten?: () => void
}

export interface PendingCalls
  extends Pick<Client, "connect" | "login" | "logout">,
    Pick<Performers, "connected" | "settled"> {
  getToken(id: number): GetToken | undefined
}

export function pendingCalls({ dispatch }: Pick<ClientContext, "dispatch">): PendingCalls {
  const connects: Deferred<undefined>["settle"][] = []
  const calls = new Map<number, Call>()
  let id = 0

  return {
    connect() {
      const { promise, settle } = deferred<undefined>()
      connects.push(settle)
      dispatch({ type: "connect" })
      return promise
    },
    login(getToken, { signal } = {}) {
      const login = { type: "login", id: ++id } as const
      const { promise, settle } = deferred<LoginResult>()
      const cancel = (): void => dispatch({ ...login, type: "cancelLogin" })
      signal?.addEventListener("abort", cancel)
      calls.set(id, { getToken, settle, unlisten: () => signal?.removeEventListener("abort", cancel) })
      dispatch(login)
      if (signal?.aborted) cancel()
      return promise
    },
    logout({ everywhere = false } = {}) {
      const { promise, settle } = deferred<undefined>()
      calls.set(++id, { settle })
      dispatch({ type: "logout", id, everywhere })
      return promise
    },
    getToken: (of) => calls.get(of)?.getToken,
    connected({ error }) {
      for (const settle of connects.splice(0)) settle(error)
    },
    /** A login that succeeded is asked for tokens as long as it holds; earlier ones are not. */
    settled({ id: of, result }) {
      const call = calls.get(of)
      call?.unlisten?.()
      call?.settle(result)
      if (!call?.getToken || result instanceof ClientError) calls.delete(of)
      else for (const [earlier, { getToken }] of calls) if (getToken && earlier < of) calls.delete(earlier)
    },
  }
}
