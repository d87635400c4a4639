/** The door for data that anybody may have written: what cannot be kept byte for byte is refused by name. */
import type { z } from "zod"
import { HubError } from "./errors.ts"
import { byteLength } from "./scalars.ts"

/** A larger body is refused with `payload_too_large`. */
export const BODY_BYTES = 64 * 1024

const MAX_DEPTH = 32

/**
 * Whether input can be a body at all, whatever the command. Asked before a command waits for its turn, so that what
 * waits is small.
 *
 * @returns its bytes as JSON
 * @throws HubError `bad_request`, `payload_too_large`
 */
export function bodyBytes(input: unknown): number {
  if (typeof input !== "object" || input === null || Array.isArray(input))
    throw new HubError("bad_request", "The body must be one JSON object.")
  refuseHostile(input)
  const bytes = byteLength(JSON.stringify(input))
  if (bytes > BODY_BYTES) throw new HubError("payload_too_large")
  return bytes
}

/**
 * Input becomes the body of a command, or a refusal that names the field.
 *
 * @throws HubError `bad_request`
 */
export function checked<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const parsed = schema.safeParse(input)
  if (!parsed.success) throw fieldRefused(parsed.error)
  return parsed.data
}

/** A field as a refusal names it: the caller's own words, but not 64 KB of them, and no half of a character. */
const named = (field: string): string => field.slice(0, 128).replace(/\p{Surrogate}$/u, "")

/**
 * Strings must be well-formed Unicode; names that would change an object, or nest without end, are refused.
 *
 * @throws HubError `bad_request` naming the field
 */
export function refuseHostile(value: unknown, path = "body", depth = 0): void {
  if (typeof value === "string") {
    if (/\p{Surrogate}/u.test(value))
      throw new HubError("bad_request", `${named(path)}: holds a lone surrogate.`)
    return
  }
  if (typeof value !== "object" || value === null) return
  if (depth >= MAX_DEPTH) throw new HubError("bad_request", `${named(path)}: is nested too deeply.`)
  for (const [name, inner] of Object.entries(value)) {
    if (name === "__proto__" || /\p{Surrogate}/u.test(name))
      throw new HubError("bad_request", `${named(path)}: has a field whose name cannot be kept.`)
    refuseHostile(inner, depth === 0 ? name : `${path}.${name}`, depth + 1)
  }
}

/** One complaint as a sentence that begins with the field: `settings.rateLimits.burst: …`. An unknown field goes first. */
export function fieldRefused({ issues }: z.ZodError): HubError {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]
  if (issue === undefined) return new HubError("bad_request")
  const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : []
  const field = named([...issue.path, ...unknown].join(".")) || "body"
  const complaint = unknown.length > 0 ? "unknown field" : issue.message
  return new HubError("bad_request", `${field}: ${complaint}.`)
}
