/** A schema in the notation of the pages: `{ localId, conversationId?: id, limit?: 1–100 }`. Named shapes keep their names. */
import { z } from "zod"
import { adminUser, app, key } from "../../src/protocol/admin-calls.ts"
import { agent, agentReady, agentUser, listedTicket } from "../../src/protocol/agent.ts"
import { eventEnvelope, foldedPair } from "../../src/protocol/events.ts"
import { limits, outcome, state } from "../../src/protocol/handshake.ts"
import * as model from "../../src/protocol/model.ts"
import * as scalars from "../../src/protocol/scalars.ts"
import { appSettings, settingsPatch } from "../../src/protocol/settings.ts"

const agentCursor = agentReady.shape.cursor
const agentEvent = agentReady.shape.events.unwrap().element

/** What a page explains once and names from then on. */
const NAMES = new Map<z.ZodType, string>([
  [scalars.id, "id"],
  [scalars.time, "time"],
  [scalars.position, "position"],
  [scalars.cursor, "cursor"],
  [scalars.localId, "localId"],
  [scalars.deviceId, "deviceId"],
  [scalars.metadata, "metadata"],
  [model.channel, "channel"],
  [model.profile, "Profile"],
  [model.user, "User"],
  [model.message, "Message"],
  [model.conversation, "Conversation"],
  [model.ticket, "Ticket"],
  [model.ticketStatus, "Status"],
  [model.author, "Author"],
  [model.source, "Source"],
  [model.content, "Content"],
  [model.endUserContent, "Content"],
  [foldedPair, "Pair"],
  [limits, "limits"],
  [eventEnvelope, "Event"],
  [outcome, "Outcome"],
  [state, "State"],
  [agent, "Agent"],
  [agentCursor, "cursor"],
  [agentEvent, "AgentEvent"],
  [agentUser, "AgentUser"],
  [agentReady, "AgentState"],
  [listedTicket, "ListedTicket"],
  [app, "App"],
  [key, "Key"],
  [adminUser, "AdminUser"],
  [appSettings, "AppSettings"],
  [settingsPatch, "SettingsPatch"],
])

/** @param schema written by its name where it has one */
export function notation(schema: z.ZodType): string {
  return NAMES.get(schema) ?? spelled(schema)
}

/** What the schema holds, also of one that has a name. */
export function spelled(schema: z.ZodType, without: readonly string[] = []): string {
  const found = fieldsOf(schema).filter(([name]) => !without.includes(name))
  if (schema instanceof z.ZodObject) return found.length === 0 ? "{}" : `{ ${found.map(field).join(", ")} }`
  if (schema instanceof z.ZodUnion) return typesIn(schema.options).map(notation).join(" | ")
  if (schema instanceof z.ZodArray) return `${bracketed(typesIn([schema.element]))}[${itemsOf(schema)}]`
  if (schema instanceof z.ZodNullable) return `${notation(typesIn([schema.unwrap()])[0] ?? schema)} | null`
  if (schema instanceof z.ZodRecord) return "object"
  return scalar(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }))
}

export type Field = readonly [name: string, type: z.ZodType, optional: boolean]

/** The fields of an object; none of anything else. */
export function fieldsOf(schema: z.ZodType): readonly Field[] {
  if (!(schema instanceof z.ZodObject)) return []
  const shape: Readonly<Record<string, unknown>> = schema.shape
  return Object.entries(shape).map(([name, type]) => {
    if (!(type instanceof z.ZodType)) throw new Error(`${name} is no schema`)
    const inner = type instanceof z.ZodOptional ? typesIn([type.unwrap()])[0] : type
    return [name, inner ?? type, type instanceof z.ZodOptional]
  })
}

/** `limit?: 1–100`; a field that is called what its type is called says it once. */
export function field([name, type, optional]: Field): string {
  const written = notation(type)
  const shown = optional ? `${name}?` : name
  return written === name ? shown : `${shown}: ${written}`
}

/** zod's own types speak of its core, where every schema is less than it is at run time. */
const typesIn = (schemas: readonly unknown[]): z.ZodType[] =>
  schemas.filter((schema): schema is z.ZodType => schema instanceof z.ZodType)

function bracketed([element]: readonly z.ZodType[]): string {
  const written = element === undefined ? "unknown" : notation(element)
  return / /.test(written) && !written.startsWith("{") ? `(${written})` : written
}

/** `Status[1–6]` is a list of one to six. */
function itemsOf(schema: z.ZodType): string {
  const { minItems = 0, maxItems } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" })
  return maxItems === undefined ? "" : `${minItems}–${maxItems}`
}

interface Scalar {
  readonly type?: unknown
  readonly enum?: readonly unknown[] | undefined
  readonly const?: unknown
  readonly minLength?: number | undefined
  readonly maxLength?: number | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
}

function scalar(schema: Scalar): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ")
  const { type = "unknown" } = schema
  if (type === "string") return withBounds("string", schema.minLength, schema.maxLength)
  if (type === "integer") {
    const [least, most] = [schema.minimum, schema.maximum].map((bound) =>
      bound === undefined || Math.abs(bound) === Number.MAX_SAFE_INTEGER ? undefined : bound,
    )
    return least !== undefined && most !== undefined ? `${least}–${most}` : "integer"
  }
  return String(type)
}

function withBounds(type: string, least: number | undefined, most: number | undefined): string {
  if (least !== undefined && most !== undefined) return `${type} ${least}–${most}`
  return most === undefined ? type : `${type} ≤ ${most}`
}
