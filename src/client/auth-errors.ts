/** What a refusal says about the token or session that was presented. Pure. */
import type { ClientError } from "./client-error.ts"

/** A command was refused because of the socket's identity: nothing was done, and a `login` cures it. */
export const curedByLogin = ({ code }: ClientError): boolean =>
  /^(session_|token_(expired|revoked))/.test(code)

/** The anonymous session that was presented cannot be used any more. */
export const isSessionOver = ({ code }: ClientError): boolean => code.startsWith("session_")

/** A handshake was refused because of its token: asking for another one may help. */
export const isOfTheToken = ({ code }: ClientError): boolean =>
  /^(token|kid|expiry|alg|signature|scope|external_id|email)_/.test(code)

/** Whether the hub received it is not known. */
export const isUnknown = ({ code }: ClientError): boolean => code === "timeout" || code === "offline"
