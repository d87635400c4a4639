/** Where a handshake comes from (docs/protocol.md 8): the header Origin, which browsers send and no page can forge. */
import type { IncomingHttpHeaders } from "node:http"
import { FILE_ORIGIN } from "../../protocol/settings.ts"

/** The headers of a handshake that say which page it comes from and which host it went to. */
export type OriginHeaders = Pick<IncomingHttpHeaders, "origin" | "host">

/** @param allowed the app's `allowedOrigins`; none: any */
export function comesFromAllowed(allowed: readonly string[], { origin, host }: OriginHeaders): boolean {
  if (origin === undefined || allowed.length === 0) return true
  // What a page of a file sends: browsers the one, web views of apps the other.
  if (origin === "null" || origin === FILE_ORIGIN) return allowed.includes(FILE_ORIGIN)
  return allowed.includes(origin) || isOwn(origin, host)
}

/** Apps without a page (React Native) name the very host that they connect to; so do the hub's own pages. */
function isOwn(origin: string, host: string | undefined): boolean {
  const { protocol } = /^(?<protocol>https?):/.exec(origin)?.groups ?? {}
  if (protocol === undefined || !URL.canParse(`${protocol}://${host}`)) return false
  return host !== undefined && new URL(`${protocol}://${host}`).origin === origin
}
