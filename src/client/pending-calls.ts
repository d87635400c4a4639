/** The promises that calls of the host wait for, and the tokens that its logins ask for. */
import type { Client } from "./client-api.ts"
import type { ClientContext } from "./client-context.ts"
import { ClientError } from "./client-error.ts"
import type { Performers } from "./client-inputs.ts"
import type { Link } from "./client-socket.ts"
import { obstacle } from "./client-state.ts"
import { type Deferred, deferred } from "./deferred.ts"
import { notConnected } from "./error-makers.ts"
import { askHost, type GetToken, type LoginResult } from "./token-source.ts"

interface Call {
  settle(result: LoginResult | Error | undefined): void
  /** Of a login. */
  readonly getToken?: GetToken
  readonly unlisten?: () => void
}

export interface PendingCalls
  extends Pick<Client, "connect" | "login" | "logout">,
    Pick<Performers, "connected" | "settled" | "fetchToken"> {
  /** A connection; or why there is none, if waiting does not help or has taken too long. */
  usable(untilMs: number): Promise<Link | ClientError>
  /** The state has changed: those that wait for a connection look whether there is one. */
  lookAgain(): void
}

export function pendingCalls(context: ClientContext): PendingCalls {
  const {
    dispatch,
    settings: { clock },
  } = context
  const waiting: (() => void)[] = []
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
    async fetchToken({ no, source }) {
      const getToken = source.via === "tab" ? undefined : calls.get(source.id)?.getToken
      dispatch({ type: "tokenFetched", no, token: await askHost(getToken, clock) })
    },
    connected({ error }) {
      for (const settle of connects.splice(0)) settle(error)
    },
    async usable(untilMs) {
      for (;;) {
        const found = context.line ?? obstacle(context.state)
        if (found) return found
        const leftMs = untilMs - clock.now()
        if (leftMs <= 0) return notConnected()
        let cancel = (): void => undefined
        await new Promise<void>((resolve) => {
          cancel = clock.after(leftMs, resolve)
          waiting.push(resolve)
        })
        cancel()
      }
    },
    lookAgain() {
      for (const look of waiting.splice(0)) look()
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
