/** The cells of the columns: the same moment as each device saw it, and as the agent did. */
import type { Message, Ticket } from "../protocol/model.ts"
import type { AgentConsole, ConsoleSight } from "./demo-console.ts"
import type { DemoDevice } from "./demo-device.ts"

const CHANNELS = { ios: "phone", android: "tablet", web: "web", agent: "agent", api: "api" } as const

const textOf = ({ content }: Message): string => (content.type === "text" ? content.text : content.type)
const nameOf = ({ author, source }: Message): string =>
  author.type === "user" ? CHANNELS[source.channel] : (author.name ?? author.type)

export function deviceCell(device: DemoDevice): string {
  const lines = device.glance().map((sight) => {
    if (sight.kind === "merge") return `* user:merge: ${sight.brought} messages from the web join`
    const { message } = sight
    return `${message.source.deviceId === device.name ? "me" : nameOf(message)}: ${textOf(message)}`
  })
  return lines.join("\n")
}

/** The green check mark: on a ticket whose user has signed in, and on what was written after that. */
const checkMark = ({ authenticated }: { readonly authenticated: boolean }): string =>
  authenticated ? "✓ " : ""

export const agentCell = (agent: AgentConsole): string =>
  agent
    .glance()
    .map((sight) => agentLine(agent, sight))
    .join("\n")

function agentLine(agent: AgentConsole, sight: ConsoleSight): string {
  switch (sight.kind) {
    case "merge":
      return "* user:merge: the visitor is Mira"
    case "ticket":
      return `${checkMark(sight.ticket)}ticket ${agent.numberOf(sight.ticket.id)}: ${statusOf(agent, sight.ticket)}`
    case "message": {
      const { message } = sight
      const from = message.author.type === "agent" ? "me" : nameOf(message)
      return `${checkMark(message)}${from}: ${textOf(message)}`
    }
  }
}

const statusOf = (agent: AgentConsole, { status, mergedInto }: Ticket): string =>
  mergedInto === undefined ? status : `${status}, merged into ticket ${agent.numberOf(mergedInto)}`

export function historyLine(message: Message, index: number): string {
  const from = CHANNELS[message.source.channel]
  const who = message.author.type === "user" && !message.authenticated ? `${from}, anonymous` : from
  return `${String(index + 1).padStart(4)}  ${who.padEnd(16)}  ${checkMark(message).padEnd(2)}${textOf(message)}`
}
