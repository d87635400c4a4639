/** The promises that calls of the host wait for, and the tokens that its logins ask for. */
import type { Client } from "./client-api.ts"
import type { ClientContext } from "./client-context.ts"
import { ClientError } from "./client-error.ts"
import type { Performers } from "./client-inputs.ts"
import { type Deferred, deferred } from "./deferred.ts"
import type { GetToken, LoginResult } from "./token-source.ts"

interface Login {
  readonly getToken: GetToken
  readonly settle: Deferred<LoginResult>["settle"]
  readonly unlisten: () => void
}

export interface PendingCalls
  extends Pick<Client, "connect" | "login" | "logout">,
    Pick<Performers, "connected" | "connectFailed" | "loginSettled" | "logoutSettled"> {
  getToken(id: number): GetToken | undefined
}

export function pendingCalls({ dispatch }: Pick<ClientContext, "dispatch">): PendingCalls {
  const connects: Deferred<void>["settle"][] = []
  const logins = new Map<number, Login>()
  const logouts = new Map<number, Deferred<void>["settle"]>()
  let id = 0

  const connected = ({ error }: { readonly error?: ClientError | undefined }): void => {
    for (const settle of connects.splice(0)) settle(error)
  }

  return {
    connect() {
      const { promise, settle } = deferred<void>()
      connects.push(settle)
      dispatch({ type: "connect" })
      return promise
    },
    login(getToken, { signal } = {}) {
      const login = { type: "login", id: ++id } as const
      const { promise, settle } = deferred<LoginResult>()
      const cancel = (): void => dispatch({ ...login, type: "cancelLogin" })
      signal?.addEventListener("abort", cancel)
      logins.set(id, { getToken, settle, unlisten: () => signal?.removeEventListener("abort", cancel) })
      dispatch(login)
      if (signal?.aborted) cancel()
      return promise
    },
    logout({ everywhere = false } = {}) {
      const { promise, settle } = deferred<void>()
      logouts.set(++id, settle)
      dispatch({ type: "logout", id, everywhere })
      return promise
    },
    getToken: (of) => logins.get(of)?.getToken,
    connected,
    connectFailed: connected,
    /** A login that succeeded is asked for tokens as long as it holds; earlier ones are not. */
    loginSettled({ id: of, result }) {
      const login = logins.get(of)
      login?.unlisten()
      login?.settle(result)
      if (result instanceof ClientError) logins.delete(of)
      else for (const earlier of logins.keys()) if (earlier < of) logins.delete(earlier)
    },
    logoutSettled({ id: of, error }) {
      logouts.get(of)?.(error)
      logouts.delete(of)
    },
  }
}
