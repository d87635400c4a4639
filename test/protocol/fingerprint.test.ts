/** The words of the protocol change on purpose or not at all: their fingerprint is pinned in `version.ts`. */
import { createHash } from "node:crypto"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import { ADMIN_CALLS } from "../../src/protocol/admin-calls.ts"
import {
  AGENT_COMMANDS,
  AGENT_EVENTS,
  AGENT_SIGNALS,
  agentAuth,
  agentReady,
} from "../../src/protocol/agent.ts"
import { COMMANDS } from "../../src/protocol/commands.ts"
import { ERRORS } from "../../src/protocol/errors.ts"
import { EVENTS, eventEnvelope, SIGNALS } from "../../src/protocol/events.ts"
import { messagingAuth, state } from "../../src/protocol/handshake.ts"
import { PROTOCOL_VERSION, REVISIONS } from "../../src/protocol/version.ts"

const shape = (schema: z.ZodType): unknown =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" })

const each = <Row>(table: Readonly<Record<string, Row>>, tell: (row: Row) => unknown): unknown =>
  Object.fromEntries(Object.entries(table).map(([name, row]) => [name, tell(row)]))

/** The order in which fields were written down says nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (Array.isArray(part)) return key === "required" ? part.toSorted() : part
    if (typeof part !== "object" || part === null) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

const fingerprint = (tables: unknown): string =>
  createHash("sha256").update(canonical(tables)).digest("hex").slice(0, 32)

interface Command {
  readonly body: z.ZodType
  readonly result: z.ZodType
}

const commands = (table: Readonly<Record<string, Command>>): unknown =>
  each(table, ({ body, result }) => ({ body: shape(body), result: shape(result) }))

const tables = (): unknown => ({
  handshake: { messagingAuth: shape(messagingAuth), ready: shape(state) },
  commands: commands(COMMANDS),
  envelope: shape(eventEnvelope),
  events: each<z.ZodType>(EVENTS, shape),
  signals: each<z.ZodType>(SIGNALS, shape),
  agents: {
    handshake: { agentAuth: shape(agentAuth), ready: shape(agentReady) },
    commands: commands(AGENT_COMMANDS),
    events: each<z.ZodType>(AGENT_EVENTS, shape),
    signals: each<z.ZodType>(AGENT_SIGNALS, shape),
  },
  errors: each(ERRORS, ({ retryable, status }) => ({ retryable, status })),
  admin: each(ADMIN_CALLS, ({ method, path, request, result, status }) => ({
    ...{ method, path, status },
    ...{ request: shape(request), result: shape(result) },
  })),
})

describe("the fingerprint", () => {
  test("of the tables is the one of the latest revision", () => {
    const found = fingerprint(tables())
    const advice = [
      `The words of the protocol changed: their fingerprint is ${found}.`,
      "If that was not intended, undo it. If it was, add a line with this fingerprint to REVISIONS in",
      "src/protocol/version.ts, say there what changed, and raise PROTOCOL_VERSION if a client that",
      "speaks the present version would misunderstand it.",
    ].join("\n")
    expect(REVISIONS.at(-1)?.fingerprint, advice).toBe(found)
  })

  test("changes with a field, a bound or an error's meaning, not with the order of fields", () => {
    const of = (schema: z.ZodType) => fingerprint(shape(schema))
    const before = of(z.strictObject({ a: z.string(), b: z.int() }))
    expect(of(z.strictObject({ b: z.int(), a: z.string() }))).toBe(before)
    expect(of(z.strictObject({ a: z.string(), b: z.int().optional() }))).not.toBe(before)
    expect(of(z.strictObject({ a: z.string().max(9), b: z.int() }))).not.toBe(before)
    expect(fingerprint({ conflict: { retryable: true } })).not.toBe(
      fingerprint({ conflict: { retryable: false } }),
    )
  })

  test("has a history: versions never fall, no change is told twice, and the last line speaks the version", () => {
    const versions = REVISIONS.map(({ version }) => version)
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
    expect(new Set(REVISIONS.map((revision) => revision.fingerprint)).size).toBe(REVISIONS.length)
    expect(REVISIONS.at(-1)?.version).toBe(PROTOCOL_VERSION)
    for (const { change } of REVISIONS) expect(change).toMatch(/^[^\n]+\.$/)
  })

  test("and both handshakes speak the same version", () => {
    for (const { v } of [messagingAuth.shape, agentAuth.shape]) {
      expect(v.safeParse(PROTOCOL_VERSION).success).toBe(true)
      expect(v.safeParse(PROTOCOL_VERSION + 1).success).toBe(false)
    }
    expect(ERRORS.version_not_supported.advice).toContain(`v: ${PROTOCOL_VERSION} `)
  })
})

/** Written down a second time, so that a word which falls out of a table is missed. */
describe("no word of the protocol is missing", () => {
  const COMMAND_WORDS = `login logout message:send message:list conversation:create conversation:list
    conversation:read sync profile:update typing:start typing:stop`
  const EVENT_WORDS = `conversation:create conversation:message conversation:update conversation:read
    conversation:merge user:update user:merge`
  const SIGNAL_WORDS = `typing presence auth:expiring auth:expired auth:required auth:revoked head reconnect`
  const AGENT_COMMAND_WORDS = `login ticket:list ticket:get ticket:update message:send message:list
    conversation:read typing:start typing:stop sync user:get conversation:join watch ticket:count user:search
    agent:list viewing:start viewing:stop`
  const AGENT_EVENT_WORDS = `ticket:create ticket:update conversation:create conversation:message
    conversation:read conversation:merge user:update user:merge`
  const ERROR_WORDS = `bad_request not_found forbidden conflict rate_limited payload_too_large unavailable
    internal app_not_found version_not_supported origin_not_allowed channel_not_supported
    agent_workspace_required session_invalid session_consumed token_malformed token_expired
    token_not_yet_valid token_revoked kid_missing kid_unknown expiry_missing alg_not_allowed
    signature_invalid scope_invalid external_id_missing external_id_invalid email_conflict
    conversation_locked`

  test.each([
    ["3.2 commands", COMMANDS, COMMAND_WORDS],
    ["3.3 events", EVENTS, EVENT_WORDS],
    ["3.3 signals", SIGNALS, SIGNAL_WORDS],
    ["4.7 error codes", ERRORS, ERROR_WORDS],
    ["6 commands of agents", AGENT_COMMANDS, AGENT_COMMAND_WORDS],
    ["6 events of agents", AGENT_EVENTS, AGENT_EVENT_WORDS],
    ["6 signals of agents alone", AGENT_SIGNALS, "presence viewing"],
  ])("%s", (_, table, words) => {
    expect(Object.keys(table).sort()).toEqual(words.split(/\s+/).sort())
  })

  test("6 every event of agents names its user, and an event of a ticket the ticket", () => {
    for (const [type, { shape }] of Object.entries(AGENT_EVENTS)) {
      const named = type.startsWith("ticket:")
        ? ["userId", "conversationId", "ticketId", "ticket"]
        : type.startsWith("conversation:")
          ? ["userId", "conversationId"]
          : ["userId"]
      expect(Object.keys(shape), type).toEqual(expect.arrayContaining(named))
    }
  })

  test("4.7 every error says whether to come back, a status, and a sentence", () => {
    for (const [code, { advice, status }] of Object.entries(ERRORS)) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
      expect(advice).toMatch(/^\S.*\.$/)
      expect(status).toBeGreaterThanOrEqual(400)
    }
  })
})
