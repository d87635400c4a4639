/** The admin API (docs/protocol.md 8): bearer → route → fields → call. The calls are in `protocol/admin-calls.ts`. */

import type { Admin } from "../../app/admin/admin.ts"
import { ADMIN_CALLS, type AdminCall } from "../../protocol/admin-calls.ts"
import { HubError } from "../../protocol/errors.ts"
import { routeTo } from "./admin-route.ts"
import { bearerCheck } from "./bearer.ts"
import { bodyOf } from "./body.ts"
import { type HttpAnswer, type HttpRequest, json, methodRefused, type Route } from "./exchange.ts"
import { type Fields, queryFields, requestOf } from "./fields.ts"

export interface AdminApiParts {
  readonly admin: Admin
  /** ADMIN_TOKEN */
  readonly token: string
}

export function adminApi({ admin, token }: AdminApiParts): Route {
  const demandBearer = bearerCheck(token, "ADMIN_TOKEN")
  return {
    at: "/v1/",
    async answer(request) {
      demandBearer(request.request.headers.authorization)
      const route = routeTo(request.method, request.path)
      if (route.kind === "nothing") throw new HubError("not_found", "The admin API has no such path.")
      if (route.kind === "otherMethod") return methodRefused(request.method, route.allowed)
      return run(admin, route.call, await fieldsOf(request), route.params)
    },
  }
}

async function run<C extends AdminCall>(
  admin: Admin,
  call: C,
  fields: Fields,
  params: Fields,
): Promise<HttpAnswer> {
  const result = await admin[call](requestOf(call, fields, params))
  return json(ADMIN_CALLS[call].status, result)
}

/** POST and PATCH have their fields in the body, GET and DELETE in the query; the other one must be empty. */
async function fieldsOf({ method, query, request }: HttpRequest): Promise<Fields> {
  const named = queryFields(query)
  const body = await bodyOf(request)
  const [spoken, stray] = method === "POST" || method === "PATCH" ? [body, named] : [named, body]
  const [name] = Object.keys(stray)
  if (name !== undefined) throw new HubError("bad_request", `${name}: unknown field in this place.`)
  return spoken
}
