/** The tables of the pages as the code has them: `npm run docs` writes them, a test compares them. */
import type { z } from "zod"
import { settingsTable } from "../../src/config.ts"
import { createHubMetrics } from "../../src/edge/socket/hub-metrics.ts"
import { createMetrics } from "../../src/lib/metrics.ts"
import { ADMIN_CALLS, adminUser, app, key } from "../../src/protocol/admin-calls.ts"
import {
  AGENT_COMMANDS,
  AGENT_EVENTS,
  AGENT_SIGNALS,
  agent,
  agentAuth,
  agentReady,
  agentUser,
  listedTicket,
} from "../../src/protocol/agent.ts"
import { COMMANDS } from "../../src/protocol/commands.ts"
import { ERRORS } from "../../src/protocol/errors.ts"
import { EVENTS, eventEnvelope, foldedPair, SIGNALS } from "../../src/protocol/events.ts"
import { limits, messagingAuth, outcome, state } from "../../src/protocol/handshake.ts"
import * as model from "../../src/protocol/model.ts"
import { appSettings, DEFAULT_SETTINGS } from "../../src/protocol/settings.ts"
import { field, fieldsOf, notation, spelled } from "./notation.ts"
import { read } from "./reader-pages.ts"

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

/** In a table a bar within code must be escaped, too. */
const code = (text: string): string => `\`${text.replaceAll("|", "\\|")}\``

interface Command {
  readonly body: z.ZodType
  readonly result: z.ZodType
}

const commands = (rows: Readonly<Record<string, Command>>): string =>
  table(
    ["command", "body", "result"],
    Object.entries(rows).map(([name, { body, result }]) => [
      code(name),
      code(notation(body)),
      code(notation(result)),
    ]),
  )

const data = (what: string, rows: Readonly<Record<string, z.ZodType>>): string =>
  table(
    [what, "data"],
    Object.entries(rows).map(([name, schema]) => [code(name), code(notation(schema))]),
  )

/** One shape a paragraph, a field a line. */
function shape(name: string, schema: z.ZodType): string {
  const found = fieldsOf(schema)
  if (found.length === 0) return `${name} = ${spelled(schema)}`
  return [`${name} {`, ...found.map((each) => `  ${field(each)}`), "}"].join("\n")
}

const shapes = (all: Readonly<Record<string, z.ZodType>>): string =>
  [
    "```text",
    Object.entries(all)
      .map(([name, schema]) => shape(name, schema))
      .join("\n"),
    "```",
  ].join("\n")

const errors = (): string =>
  table(
    ["code", "HTTP", "retry", "what to do"],
    Object.entries(ERRORS).map(([name, { status, retryable, advice }]) => [
      code(name),
      String(status),
      retryable ? "yes" : "no",
      advice,
    ]),
  )

const adminCalls = (): string =>
  table(
    ["call", "request", "answer"],
    Object.values(ADMIN_CALLS).map(({ method, path, request, result, status }) => {
      const named = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name)
      return [code(`${method} ${path}`), code(spelled(request, named)), `${status} ${code(notation(result))}`]
    }),
  )

/** Grouped settings one by one, as they are patched: `rateLimits.burst`. */
function appSettingRows(schema: z.ZodType, defaults: object, group = ""): string[][] {
  return fieldsOf(schema).flatMap(([name, type]) => {
    const value: unknown = Reflect.get(defaults, name)
    if (fieldsOf(type).length > 0 && typeof value === "object" && value !== null)
      return appSettingRows(type, value, `${group}${name}.`)
    const shown = value === undefined ? "–" : code(JSON.stringify(value))
    return [[code(`${group}${name}`), code(notation(type)), shown]]
  })
}

/** Declared with every label set once, so that the text names them. */
function metrics(): string {
  const declared = createMetrics()
  const nothing = () => 0
  const hubMetrics = createHubMetrics(declared, { sockets: nothing, consoles: nothing, rooms: nothing })
  for (const meter of Object.values(hubMetrics)) meter.inc(new Proxy({}, { get: () => "…" }))
  const lines = declared.text().split("\n")
  const rows = lines.flatMap((line) => {
    const [, name = "", help = ""] = /^# HELP (\S+) (.*)$/.exec(line) ?? []
    if (name === "") return []
    const kind = lines.find((other) => other.startsWith(`# TYPE ${name} `))?.split(" ")[3] ?? ""
    const labelled = lines.find((other) => other.startsWith(`${name}{`)) ?? ""
    const labels = [...labelled.matchAll(/[{,](\w+)=/g)].map(([, label = ""]) => code(label))
    return [[code(name), kind, labels.join(", ") || "–", help]]
  })
  return table(["metric", "kind", "labels", "meaning"], rows)
}

/** The numbered rules as they stand in the contract's own comment, a line each. */
function storeRules(): string {
  const [, comment = ""] = /^\/\*\*\n(.*?)\*\//s.exec(read("src/store/contract.ts")) ?? []
  const [, ...rules] = comment.replaceAll(/^ \* ?/gm, "").split(/^- (?=\[S\d+\])/m)
  return rules
    .map((rule) => rule.replaceAll(/\s+/g, " ").trim())
    .map((rule) => `- ${rule.replace(/^\[S\d+\]/, (id) => `**${id}**`)}`)
    .join("\n")
}

/** By the name that stands in the page's markers. */
export const TABLES: Readonly<Record<string, () => string>> = {
  handshake: () => shapes({ auth: messagingAuth }),
  state: () => shapes({ State: state, Outcome: outcome, limits }),
  commands: () => commands(COMMANDS),
  envelope: () => shapes({ Event: eventEnvelope }),
  events: () => data("event", EVENTS),
  signals: () => data("signal", SIGNALS),
  shapes: () =>
    shapes({
      User: model.user,
      Profile: model.profile,
      Conversation: model.conversation,
      Message: model.message,
      Author: model.author,
      Source: model.source,
      Pair: foldedPair,
    }),
  content: () =>
    shapes({
      text: model.textContent,
      image: model.imageContent,
      file: model.fileContent,
      form: model.formContent,
      formResponse: model.formResponseContent,
    }),
  errors,
  ticket: () => shapes({ Ticket: model.ticket, Status: model.ticketStatus }),
  "agent-handshake": () => shapes({ auth: agentAuth }),
  "agent-state": () =>
    shapes({
      AgentState: agentReady,
      Agent: agent,
      AgentEvent: agentReady.shape.events.unwrap().element,
    }),
  "agent-commands": () => commands(AGENT_COMMANDS),
  "agent-events": () => data("event", AGENT_EVENTS),
  "agent-signals": () => data("signal", AGENT_SIGNALS),
  "agent-shapes": () => shapes({ AgentUser: agentUser, ListedTicket: listedTicket }),
  "admin-calls": adminCalls,
  "admin-shapes": () => shapes({ App: app, Key: key, AdminUser: adminUser }),
  "app-settings": () => table(["setting", "value", "default"], appSettingRows(appSettings, DEFAULT_SETTINGS)),
  settings: () => settingsTable().trimEnd(),
  metrics,
  "store-rules": storeRules,
}
