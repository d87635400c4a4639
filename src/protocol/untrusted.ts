/** Checks of untrusted input. What cannot be stored byte for byte is refused, and the refusal names the field. */
import type { z } from "zod"
import { HubError } from "./errors.ts"

/** A larger body is refused with `payload_too_large`. */
export const BODY_BYTES = 64 * 1024

const MAX_DEPTH = 32
/** More parts than any valid body has; metadata of 4,096 bytes has some 700. */
const MAX_PARTS = 1_000

/** The weight of a body: about as many bytes as its JSON has, and how many values at any depth. */
export interface BodyWeight {
  readonly bytes: number
  readonly parts: number
}

/**
 * Whether input can be a body at all, whatever the command. Checked before a command is queued, so that queued bodies
 * are small; the walk ends where the first bound is passed.
 *
 * @throws HubError `bad_request`, `payload_too_large`
 */
export function weighBody(input: unknown): BodyWeight {
  if (typeof input !== "object" || input === null || Array.isArray(input))
    throw new HubError("bad_request", "The body must be one JSON object.")
  return refuseHostile(input)
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

/** A field's name for an error message: the caller's own text, cut to 128 characters, and not inside a surrogate pair. */
const named = (field: string): string => field.slice(0, 128).replace(/\p{Surrogate}$/u, "")

/**
 * Strings must be well-formed Unicode; names that would change an object's prototype, nesting that is too deep, and more
 * than any valid body holds are refused.
 *
 * @throws HubError `bad_request` naming the field, `payload_too_large`
 */
export function refuseHostile(value: unknown, path = "body"): BodyWeight {
  const walk = new Walk()
  walk.value(value, path, 0)
  return walk
}

/** What a number, `true`, or the quotes and commas around a value are counted as. */
const SCALAR_BYTES = 4

class Walk implements BodyWeight {
  bytes = 0
  parts = 0

  value(value: unknown, path: string, depth: number): void {
    this.parts += 1
    this.#weigh(SCALAR_BYTES)
    if (typeof value === "string") {
      if (!this.#holds(value)) throw new HubError("bad_request", `${named(path)}: holds a lone surrogate.`)
      return
    }
    if (typeof value !== "object" || value === null) return
    if (depth >= MAX_DEPTH) throw new HubError("bad_request", `${named(path)}: is nested too deeply.`)
    const names = Object.keys(value)
    if (this.parts + names.length > MAX_PARTS)
      throw new HubError("bad_request", `${named(path)}: has too many parts.`)
    for (const name of names) {
      if (!this.#holds(name) || name === "__proto__")
        throw new HubError("bad_request", `${named(path)}: has a field whose name cannot be kept.`)
      this.value(Reflect.get(value, name), depth === 0 ? name : `${path}.${name}`, depth + 1)
    }
  }

  /** @returns whether a text can be stored: plain ASCII, as most is, has a byte for each unit, and is looked at no further */
  #holds(text: string): boolean {
    const bytes = Buffer.byteLength(text)
    this.#weigh(bytes)
    return bytes === text.length || !hasLoneSurrogate(text)
  }

  #weigh(bytes: number): void {
    this.bytes += bytes
    if (this.bytes > BODY_BYTES) throw new HubError("payload_too_large")
  }
}

/** Most texts have no surrogates at all, which the first look tells in a fraction of the time. */
const hasLoneSurrogate = (text: string): boolean =>
  /[\ud800-\udfff]/.test(text) && /\p{Surrogate}/u.test(text)

/** One complaint as a sentence that begins with the field: `settings.rateLimits.burst: …`. An unknown field goes first. */
export function fieldRefused({ issues }: z.ZodError): HubError {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]
  if (issue === undefined) return new HubError("bad_request")
  const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : []
  const field = named([...issue.path, ...unknown].join(".")) || "body"
  const complaint = unknown.length > 0 ? "unknown field" : issue.message
  return new HubError("bad_request", `${field}: ${complaint}.`)
}
