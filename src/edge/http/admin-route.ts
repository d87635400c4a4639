/** Which call a method and a path ask for. The routes are read from the table of calls. */
import { ADMIN_CALLS, type AdminCall } from "../../protocol/admin-calls.ts"

export type AdminRoute =
  | { readonly kind: "call"; readonly call: AdminCall; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: "otherMethod"; readonly allowed: readonly string[] }
  | { readonly kind: "nothing" }

interface Row {
  readonly call: AdminCall
  readonly method: string
  readonly segments: readonly string[]
}

// Object.keys forgets the names; the table has no others.
const ROWS: readonly Row[] = (Object.keys(ADMIN_CALLS) as AdminCall[]).map((call) => ({
  call,
  method: ADMIN_CALLS[call].method,
  segments: ADMIN_CALLS[call].path.split("/"),
}))

export function routeTo(method: string, path: string): AdminRoute {
  const segments = decoded(path)
  const found = ROWS.flatMap((row) => {
    const params = match(row.segments, segments)
    return params === undefined ? [] : [{ row, params }]
  })
  const chosen = found.find(({ row }) => row.method === method)
  if (chosen !== undefined) return { kind: "call", call: chosen.row.call, params: chosen.params }
  if (found.length === 0) return { kind: "nothing" }
  return { kind: "otherMethod", allowed: found.map(({ row }) => row.method) }
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, wanted] of pattern.entries()) {
    const segment = segments[index] ?? ""
    if (wanted.startsWith(":") && segment !== "") params[wanted.slice(1)] = segment
    else if (wanted !== segment) return undefined
  }
  return params
}

/** The segments of a path; none for one that is not valid percent-encoding, so no route matches. */
function decoded(path: string): readonly string[] {
  try {
    return path.split("/").map(decodeURIComponent)
  } catch {
    return []
  }
}
