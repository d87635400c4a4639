/**
 * The HTTP server: finds the route of a request, and writes its answer. Every failure inside becomes an error of the
 * table; no request may end the process.
 *
 * Socket.IO is attached to the same server **first**; then this listener replaces the one that Socket.IO put
 * there, which a WebSocket-only hub does not need (upgrades are another event):
 *
 *     io.attach(server)
 *     server.removeAllListeners("request").on("request", httpServer(parts))
 */
import type { RequestListener, ServerResponse } from "node:http"
import { refusalOf } from "../../app/dispatch.ts"
import type { Log } from "../../lib/log.ts"
import { HubError } from "../../protocol/errors.ts"
import { type HttpAnswer, type HttpRequest, httpRequestOf, type Route, refusal } from "./exchange.ts"
import type { RequestBudget } from "./request-budget.ts"

export interface HttpParts {
  readonly routes: readonly Route[]
  readonly log: Log
  readonly budget?: RequestBudget
}

export function httpServer({ routes, log, budget }: HttpParts): RequestListener {
  const find = (path: string): Route | undefined =>
    routes.find(({ at }) => (at.endsWith("/") ? path.startsWith(at) : path === at))

  const answerTo = async (route: Route | undefined, request: HttpRequest): Promise<HttpAnswer> => {
    try {
      if (route === undefined) throw new HubError("not_found", "There is nothing at this path.")
      return await route.answer(request)
    } catch (error) {
      const refused = refusalOf(error)
      note(refused, error, request, log)
      return refusal(refused)
    }
  }

  return async (request, response) => {
    response.on("error", () => {}) // the caller is gone: the answer reaches no one
    const asked = httpRequestOf(request)
    const route = find(asked.path)
    const wait = budget?.take(request, response, route?.work) ?? 0
    if (wait > 0) await budget?.waited(wait)
    if (request.socket.destroyed) return
    const answer = await answerTo(route, asked)
    budget?.chargeAnswer(request, answer.body.length)
    write(response, answer)
    request.resume() // the unread rest is discarded, so the connection can be used again
  }
}

/** A caller that disconnects in the middle is not logged as the hub's error. */
function note(refused: HubError, error: unknown, { method, path, request }: HttpRequest, log: Log): void {
  const callerLeft = request.destroyed && !request.complete
  if (refused.code === "internal" && !callerLeft) log.error("an HTTP request failed", { method, path, error })
}

function write(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  if (response.destroyed) return
  response.writeHead(status, {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-length": Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}
