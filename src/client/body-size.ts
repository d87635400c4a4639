/** Refuses a body that is too large for the hub before it is sent. */
import { ClientError } from "./client-error.ts"

/** The hub refuses larger bodies, and closes the connection on much larger ones (docs/protocol.md 2). */
const BODY_BYTES = 64 * 1024

/** @returns `payload_too_large`, before anything is sent */
export function tooLarge(body: object): ClientError | undefined {
  // In UTF-8. Not every JavaScript engine of a phone has a TextEncoder; JSON has no lone surrogates.
  const bytes = encodeURIComponent(JSON.stringify(body)).replace(/%../g, "-").length
  return bytes > BODY_BYTES ? new ClientError("payload_too_large") : undefined
}
