/** The errors that the client makes itself, and those that come from the hub. */
import type { WireError } from "../protocol/errors.ts"
import { ClientError } from "./client-error.ts"

export const fromWire = ({ code, message, retryable, retryAfterMs }: WireError): ClientError =>
  new ClientError(code, message, retryable, retryAfterMs)

export const timedOut = (): ClientError => new ClientError("timeout", "The hub did not answer in time.", true)

export const notConnected = (): ClientError =>
  new ClientError("offline", "There is no connection to the hub.", true)

export const identityChanged = (): ClientError =>
  new ClientError("identity_changed", "Its user is no longer signed in here.")

export const noToken = (why: string): ClientError => new ClientError("token_unavailable", why, true)

export const notSignedIn = (): ClientError => new ClientError("not_signed_in", "getToken gave no token.")

export const cancelled = (): ClientError => new ClientError("cancelled", "It was cancelled.")

export const outcomeUnknown = (): ClientError =>
  new ClientError("outcome_unknown", "No answer came, and it is too late to repeat it safely.")

export const closed = (): ClientError => new ClientError("closed", "The client was closed.")

export const notAHub = (): ClientError => new ClientError("not_a_hub", "What answers at this URL is no hub.")

export const noStorage = (why: string): ClientError =>
  new ClientError("storage_unavailable", `The storage cannot be used: ${why}.`)
