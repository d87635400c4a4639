/** The README's tables as the code has them. */
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
import { EVENTS, SIGNALS } from "../../src/protocol/events.ts"
import { messagingAuth } from "../../src/protocol/handshake.ts"

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

const code = (text: string): string => `\`${text}\``

/** `{ localId, metadata? }`; where there are several shapes, each of them. */
function fields(schema: z.ZodType, without: readonly string[] = []): string {
  if (schema instanceof z.ZodUnion) {
    const options: readonly unknown[] = schema.options
    return options.map((option) => (option instanceof z.ZodType ? fields(option) : "")).join(" or ")
  }
  if (!(schema instanceof z.ZodObject)) throw new Error("the README's tables know objects only")
  const shape: Readonly<Record<string, unknown>> = schema.shape
  const names = Object.entries(shape)
    .filter(([name]) => !without.includes(name))
    .map(([name, field]) =>
      field instanceof z.ZodType && field.safeParse(undefined).success ? `${name}?` : name,
    )
  return code(names.length === 0 ? "{}" : `{ ${names.join(", ")} }`)
}

export const handshakeFields = (): string => fields(messagingAuth)
export const agentHandshakeFields = (): string => fields(agentAuth)
export const agentReadyFields = (): string => fields(agentReady)

interface Command {
  readonly body: z.ZodType
  readonly result: z.ZodType
}

const commands = (rows: Readonly<Record<string, Command>>): string =>
  table(
    ["command", "body", "result"],
    Object.entries(rows).map(([name, { body, result }]) => [code(name), fields(body), fields(result)]),
  )
export const commandTable = (): string => commands(COMMANDS)
export const agentCommandTable = (): string => commands(AGENT_COMMANDS)

const dataTable = (what: string, schemas: Readonly<Record<string, z.ZodType>>): string =>
  table(
    [what, "data"],
    Object.entries(schemas).map(([name, data]) => [code(name), fields(data)]),
  )
export const eventTable = (): string => dataTable("event", EVENTS)
export const signalTable = (): string => dataTable("signal", SIGNALS)
export const agentEventTable = (): string => dataTable("agents' event", AGENT_EVENTS)
export const agentSignalTable = (): string => dataTable("agents' signal", AGENT_SIGNALS)

export const errorTable = (): string =>
  table(
    ["code", "HTTP", "retry", "what to do"],
    Object.entries(ERRORS).map(([name, { status, retryable, advice }]) => [
      code(name),
      String(status),
      retryable ? "yes" : "no",
      advice,
    ]),
  )

export const adminTable = (): string =>
  table(
    ["call", "request", "answer"],
    Object.values(ADMIN_CALLS).map(({ method, path, request, result, status }) => {
      const named = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name)
      return [code(`${method} ${path}`), fields(request, named), `${status} ${fields(result)}`]
    }),
  )
