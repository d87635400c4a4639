/**
 * One request and its answer. Handlers return an `Answer` or throw; only `http-server.ts` writes to the response.
 */
import type { IncomingMessage } from "node:http"
import { ERRORS, HubError, toWire } from "../../protocol/errors.ts"

export interface HttpRequest {
  readonly method: string
  /** As it came: not decoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly request: IncomingMessage
}

export interface HttpAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** One part of the HTTP side. `at` is a whole path, or with a slash at its end the beginning of many. */
export interface Route {
  readonly at: string
  /** What a request costs, where it is more than usual (`request-budget.ts`). */
  readonly work?: number
  answer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>
}

export function httpRequestOf(request: IncomingMessage): HttpRequest {
  const target = request.url ?? "/"
  const at = target.indexOf("?")
  const [path, query] = at === -1 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)]
  return { method: request.method ?? "GET", path, query: new URLSearchParams(query), request }
}

export const json = (status: number, body: unknown, headers: HttpAnswer["headers"] = {}): HttpAnswer => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8", ...headers },
  body: JSON.stringify(body),
})

export const plain = (status: number, body: string, kind = "text/plain; charset=utf-8"): HttpAnswer => ({
  status,
  headers: { "content-type": kind },
  body,
})

/** A refusal as docs/protocol.md 8 defines it: the error object of section 2 under the table's status. */
export function refusal(error: HubError, headers: HttpAnswer["headers"] = {}): HttpAnswer {
  const { status } = ERRORS[error.code]
  const wait = error.retryAfterMs
  const retry = wait === undefined ? {} : { "retry-after": String(Math.ceil(wait / 1000)) }
  return json(status, { error: toWire(error) }, { ...retry, ...headers })
}

/** Right path, wrong method: a `bad_request`, because the table of errors has no 405. */
export function methodRefused(method: string, allowed: readonly string[]): HttpAnswer {
  const error = new HubError("bad_request", `This path has no ${method}: use ${allowed.join(" or ")}.`)
  return refusal(error, { allow: allowed.join(", ") })
}

/** Whether the method only reads; HEAD is GET whose body Node leaves out. */
export const reads = (method: string): boolean => method === "GET" || method === "HEAD"
