/**
 * The HTTP door: finds the route a request is for, and writes its answer. Whatever goes wrong inside becomes an
 * error of the table; nothing a request holds may end the process.
 *
 * Socket.IO is attached to the same server **first**; then this listener replaces the one that Socket.IO put
 * there, which a WebSocket-only hub does not need (upgrades are another event):
 *
 *     io.attach(server)
 *     server.removeAllListeners("request").on("request", httpDoor(parts))
 */
import type { RequestListener, ServerResponse } from "node:http"
import { refusalOf } from "../../app/dispatch.ts"
import type { Log } from "../../lib/log.ts"
import { HubError } from "../../protocol/errors.ts"
import { type HttpAnswer, type HttpRequest, httpRequestOf, type Route, refusal } from "./exchange.ts"

export interface HttpParts {
  readonly routes: readonly Route[]
  readonly log: Log
}

export function httpServer({ routes, log }: HttpParts): RequestListener {
  const find = (path: string): Route | undefined =>
    routes.find(({ at }) => (at.endsWith("/") ? path.startsWith(at) : path === at))

  const answerTo = async (asked: HttpRequest): Promise<HttpAnswer> => {
    try {
      const route = find(asked.path)
      if (route === undefined) throw new HubError("not_found", "Nothing is here.")
      return await route.answer(asked)
    } catch (error) {
      const refused = refusalOf(error)
      note(refused, error, asked, log)
      return refusal(refused)
    }
  }

  return async (request, response) => {
    response.on("error", () => {}) // the caller is gone: there is nobody to tell
    write(response, await answerTo(httpRequestOf(request)))
    request.resume() // what was not read is thrown away, and the connection can be used again
  }
}

/** A caller who left in the middle is no fault of ours. */
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
