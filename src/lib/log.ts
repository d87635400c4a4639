/**
 * One line of JSON per event. Credentials are removed here, where lines are written, so that a careless caller cannot
 * leak one: a field whose name says that it holds one is dropped, and a text that looks like a JWS is masked
 * everywhere, also inside errors.
 */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export type LogFields = Readonly<Record<string, unknown>>

export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A log whose lines all carry these fields too. */
  child(fields: LogFields): Log
}

export interface LogParts {
  /** Lines below this level are not written. */
  readonly level: LogLevel
  /** Gets each line, with its line feed. */
  readonly sink: (line: string) => void
  /** Unix milliseconds. */
  readonly now: () => number
}

const CREDENTIAL_NAME = /(?:token|jwt|secret|authorization|cookie|password)$/i
/** The header of a JWS is a JSON object, so its base64url begins `ey` or `ew`; a cut one still begins `eyJ`. */
const CREDENTIAL_TEXT = /eyJ[\w-]{8,}(?:\.[\w-]*)*|\be[yw][\w-]{8,}\.[\w-]+\.[\w-]*/g
/** Up to the last `@`: a password may hold one. */
const CREDENTIALS_OF_URL = /\b([a-z][a-z\d+.-]{0,30}:\/\/)[^\s"'<>]*@/gi
const MAX_TEXT_CHARACTERS = 4096
const MAX_DEPTH = 5

export function createLog(parts: LogParts, carried: LogFields = {}): Log {
  const lowest = LOG_LEVELS.indexOf(parts.level)
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(level) < lowest) return
      const own = { time: new Date(parts.now()).toISOString(), level, message: clean(message, 0) }
      const line = { ...own, ...cleanFields({ ...carried, ...fields }, 0), ...own }
      parts.sink(`${JSON.stringify(line)}\n`)
    }
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (fields) => createLog(parts, { ...carried, ...fields }),
  }
}

/** A copy that JSON can hold, without credentials. */
function clean(value: unknown, depth: number): unknown {
  if (typeof value === "string")
    return value
      .slice(0, MAX_TEXT_CHARACTERS)
      .replace(CREDENTIAL_TEXT, "[credential]")
      .replace(CREDENTIALS_OF_URL, "$1[credential]@")
  if (typeof value === "bigint") return String(value)
  if (typeof value !== "object" || value === null) return value
  if (depth >= MAX_DEPTH) return "[deeper]"
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[no date]" : value.toISOString()
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1))
  if (value instanceof Error) {
    // Nothing else of it: errors of libraries carry what they were given, a password among it.
    const { name, message, stack, cause } = value
    const code = "code" in value ? value.code : undefined
    return cleanFields({ name, message, code, stack, cause }, depth)
  }
  return cleanFields(value, depth)
}

function cleanFields(fields: object, depth: number): Record<string, unknown> {
  const kept = Object.entries(fields).filter(([name]) => !CREDENTIAL_NAME.test(name))
  return Object.fromEntries(kept.map(([name, value]) => [name, clean(value, depth + 1)]))
}
