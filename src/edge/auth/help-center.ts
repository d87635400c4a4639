/**
 * The help centre's sign-in (docs/protocol.md 7): its signed cookie identifies a user, as a host's token does. A
 * browser sends the cookie from any page it shows, so the page must be one of the help centre's own.
 */
import type { App } from "../../app/app.ts"
import { HubError } from "../../protocol/errors.ts"
import type { Channel } from "../../protocol/model.ts"
import { cookieNamed } from "./cookies.ts"
import type { TokenVerifier, UserClaims } from "./token-verifier.ts"

/** What a handshake has beside `auth`, and the channel it names. */
export interface Visit {
  readonly channel: Channel
  /** The header Origin. */
  readonly origin: string | undefined
  /** The header Cookie. */
  readonly cookies: string | undefined
}

/**
 * @throws HubError `forbidden` where there is no help centre or no user signed in there, `channel_not_supported`,
 * `origin_not_allowed`, and for a bad cookie the codes of a bad token
 */
export async function helpCenterUser(
  tokens: TokenVerifier,
  app: App,
  { channel, origin, cookies = "" }: Visit,
  now: number,
): Promise<UserClaims> {
  const { enabled, cookie, origins, key: kid } = app.settings.helpCenter
  if (!enabled || cookie === undefined || kid === undefined)
    throw new HubError("forbidden", "settings.helpCenter of this app is not enabled.")
  if (channel !== "web")
    throw new HubError("channel_not_supported", "The help centre signs in on the channel web alone.")
  if (origin === undefined || !origins.includes(origin))
    throw new HubError("origin_not_allowed", "This page is none of settings.helpCenter.origins.")
  const jwt = cookieNamed(cookie, cookies)
  if (!jwt)
    throw new HubError(
      "forbidden",
      `No user is signed in at the help centre (no cookie ${cookie}): sign in there, or connect without helpCenter.`,
    )
  return tokens.helpCenter({ jwt, kid, keyOf: (named) => app.key(named), now })
}
