/** Frames of nonsense from a seed: some are nearly right, some are packets out of place, some are not even frames. */
import type { Chance } from "../acceptance/random.ts"
import { BINARY, frame, PING, TEXT } from "./stranger.ts"

const COMMANDS = [
  ...["login", "logout", "message:send", "message:list", "conversation:create", "conversation:list"],
  ...["conversation:read", "sync", "profile:update", "typing:start", "typing:stop"],
]
const FIELDS = [
  ...["localId", "conversationId", "content", "metadata", "ifHead", "before", "after", "limit", "position"],
  ...["cursor", "name", "email", "locale", "jwt", "everywhere", "type", "text", "url", "fields", "formId"],
  ...["__proto__", "constructor", "toJSON", "then", "length", ""],
]
const WORDS = [
  "x",
  "text",
  "formResponse",
  "image",
  "con_x",
  "0",
  "zzzz",
  "\ud800",
  "\u0000",
  "漢字",
  "a@b.c",
  "null",
]
const NAMESPACES = [
  "/messaging,",
  "/messaging,",
  "/messaging,",
  "/agent,",
  "/,",
  "",
  "/x,",
  "/messaging?a=b,",
  "/".repeat(99),
]
const EVENTS = ["connect", "disconnect", "error", "newListener", "ready", "event", "ping", ""]

const happens = (random: Chance, likely: number): boolean => random.below(1_000) < likely * 1_000

/** A value that JSON can say. */
function value(random: Chance, depth: number): unknown {
  const kind = random.below(depth > 4 ? 6 : 9)
  if (kind < 3) return random.pick(WORDS)
  if (kind === 3) return random.below(1_000) - 500
  if (kind === 4) return random.pick([null, true, false, 1e308, -0, 2 ** 53])
  if (kind === 5) return random.pick(WORDS).repeat(1 + random.below(happens(random, 0.02) ? 20_000 : 30))
  if (kind === 6) return Array.from({ length: random.below(6) }, () => value(random, depth + 1))
  return body(random, depth + 1)
}

const body = (random: Chance, depth = 0): object =>
  Object.fromEntries(
    Array.from({ length: random.below(5) }, () => [random.pick(FIELDS), value(random, depth + 1)]),
  )

/** A command that may well be served. */
function nearly(random: Chance): string {
  const name = happens(random, 0.9) ? random.pick(COMMANDS) : random.pick(EVENTS)
  const input = happens(random, 0.9) ? body(random) : value(random, 0)
  return `42/messaging,${random.below(1e6)}${JSON.stringify([name, input])}`
}

/** A packet of any kind, to anywhere, with any payload. */
function astray(random: Chance): string {
  const type = `${happens(random, 0.8) ? 4 : random.below(10)}${random.below(10)}`
  const attachments = happens(random, 0.1) ? `${random.below(99)}-` : ""
  const ack = happens(random, 0.5) ? String(random.below(1e9)) : ""
  const payload = happens(random, 0.5)
    ? JSON.stringify([random.pick(EVENTS), body(random)])
    : JSON.stringify(value(random, 0))
  const text = `${type}${attachments}${random.pick(NAMESPACES)}${ack}${payload}`
  return happens(random, 0.2) ? text.slice(0, random.below(text.length)) : text
}

function bytes(random: Chance, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)))
}

/** Something that is a frame in name at most. */
function broken(random: Chance): Buffer {
  switch (random.below(6)) {
    case 0:
      return frame(bytes(random, random.below(200)), BINARY)
    case 1:
      return frame(bytes(random, random.below(125)), PING + random.below(2))
    case 2:
      return frame(bytes(random, random.below(300)), TEXT)
    case 3:
      return frame(astray(random), random.below(16))
    case 4:
      // A length that never comes.
      return Buffer.from([0x81, 0xff, ...bytes(random, 8), 0, 0, 0, 0])
    default:
      return bytes(random, 1 + random.below(64))
  }
}

/** @param wild how often a frame is one that no served connection survives: 0 to 1 */
export function nonsense(random: Chance, wild: number): Buffer {
  if (!happens(random, wild)) return frame(nearly(random))
  return happens(random, 0.5) ? frame(astray(random)) : broken(random)
}
