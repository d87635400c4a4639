/** Turns a caller's fields into the request of a call, or a refusal that names the field. */
import type { z } from "zod"
import { ADMIN_CALLS, type AdminCall, type AdminRequest } from "../../protocol/admin-calls.ts"
import { HubError } from "../../protocol/errors.ts"
import { fieldRefused } from "../../protocol/untrusted.ts"

export type Fields = Readonly<Record<string, unknown>>

/** @throws HubError `bad_request` for a field given twice */
export function queryFields(query: URLSearchParams): Fields {
  const names = [...query.keys()]
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new HubError("bad_request", `${twice}: given more than once.`)
  return Object.fromEntries(query)
}

/**
 * @param params what the path names
 * @throws HubError `bad_request` naming the field; for what the path names, `not_found` or `app_not_found`
 */
export function requestOf<C extends AdminCall>(call: C, fields: Fields, params: Fields): AdminRequest<C> {
  // TypeScript cannot follow that the row of C parses to the request of C.
  const schema = ADMIN_CALLS[call].request as unknown as z.ZodType<AdminRequest<C>>
  const doubled = Object.keys(fields).find((name) => Object.hasOwn(params, name))
  if (doubled !== undefined) throw new HubError("bad_request", `${doubled}: the path names it already.`)

  const request = schema.safeParse({ ...fields, ...params })
  if (request.success) return request.data
  const names = request.error.issues.map(({ path }) => String(path[0] ?? ""))
  if (names.includes("appId")) throw new HubError("app_not_found")
  if (names.some((name) => Object.hasOwn(params, name))) throw new HubError("not_found")
  throw fieldRefused(request.error)
}
