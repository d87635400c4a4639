/** The errors that the client makes itself, and those that come from the hub. What each code means: `LocalCode`. */
import type { WireError } from "../protocol/errors.ts"
import { ClientError } from "./client-error.ts"

export const fromWire = ({ code, message, retryable, retryAfterMs }: WireError): ClientError =>
  new ClientError(code, message, retryable, retryAfterMs)

export const timedOut = (): ClientError => new ClientError("timeout")

export const notConnected = (why?: string): ClientError => new ClientError("offline", why)

export const identityChanged = (): ClientError => new ClientError("identity_changed")

export const noToken = (why?: string): ClientError => new ClientError("token_unavailable", why)

export const closed = (): ClientError => new ClientError("closed")
