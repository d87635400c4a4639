/** JSON bodies: at most 64 KB, valid UTF-8, an object, and well-formed text throughout. */
import type { IncomingMessage } from "node:http"
import { HubError } from "../../protocol/errors.ts"
import { BODY_BYTES, refuseHostile } from "../../protocol/untrusted.ts"
import type { Fields } from "./fields.ts"

/**
 * The fields of the body; none if it is empty.
 *
 * @throws HubError `payload_too_large`, `bad_request`
 */
export async function bodyOf(request: IncomingMessage): Promise<Fields> {
  const text = utf8(await bytesOf(request))
  if (text.trim() === "") return {}
  const value = parsed(text)
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new HubError("bad_request", "The body is not a JSON object.")
  }
  refuseHostile(value)
  return value as Fields // an object that is no array: text fields, unknown values
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const tooLarge = new HubError("payload_too_large")
  if (Number(request.headers["content-length"] ?? 0) > BODY_BYTES) throw tooLarge
  const chunks: Buffer[] = []
  let bytes = 0
  // A body that is not read to its end must not destroy the request: its connection still carries the refusal.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length
    if (bytes > BODY_BYTES) throw tooLarge
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw new HubError("bad_request", "The body is not valid UTF-8.")
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new HubError("bad_request", "The body is not valid JSON.")
  }
}
