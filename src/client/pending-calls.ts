/** The promises that calls of the host wait for, and the tokens that its logins ask for. */
import { ClientError } from "./client-error.ts"
import { type Deferred, deferred } from "./deferred.ts"
import type { GetToken, LoginResult } from "./token-source.ts"

interface Login {
  readonly getToken: GetToken
  readonly result: Deferred<LoginResult>
  readonly unlisten: () => void
}

export class PendingCalls {
  #connects: Deferred<void>[] = []
  readonly #logins = new Map<number, Login>()
  readonly #logouts = new Map<number, Deferred<void>>()
  #last = 0

  connect(): Promise<void> {
    const entered = deferred<void>()
    this.#connects.push(entered)
    return entered.promise
  }

  connected(error?: ClientError): void {
    const waiting = this.#connects
    this.#connects = []
    for (const entered of waiting) {
      if (error) entered.reject(error)
      else entered.resolve()
    }
  }

  login(
    getToken: GetToken,
    signal: AbortSignal | undefined,
    cancel: (id: number) => void,
  ): [number, Promise<LoginResult>] {
    const id = ++this.#last
    const result = deferred<LoginResult>()
    const abort = (): void => cancel(id)
    signal?.addEventListener("abort", abort)
    this.#logins.set(id, { getToken, result, unlisten: () => signal?.removeEventListener("abort", abort) })
    return [id, result.promise]
  }

  getToken(id: number): GetToken | undefined {
    return this.#logins.get(id)?.getToken
  }

  /** A login that succeeded is asked for tokens as long as it holds; earlier ones are not. */
  loginSettled(id: number, result: LoginResult | ClientError): void {
    const login = this.#logins.get(id)
    login?.unlisten()
    if (result instanceof ClientError) {
      this.#logins.delete(id)
      login?.result.reject(result)
      return
    }
    for (const earlier of [...this.#logins.keys()]) if (earlier < id) this.#logins.delete(earlier)
    login?.result.resolve(result)
  }

  logout(): [number, Promise<void>] {
    const id = ++this.#last
    const left = deferred<void>()
    this.#logouts.set(id, left)
    return [id, left.promise]
  }

  logoutSettled(id: number, error: ClientError | undefined): void {
    const left = this.#logouts.get(id)
    this.#logouts.delete(id)
    if (error) left?.reject(error)
    else left?.resolve()
  }
}
