/** What must not compile does not: each line is given to the compiler beside one that must. */
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, test } from "vitest"

const ROOT = fileURLToPath(new URL("../", import.meta.url))

const HEAD = `
import { userEvent } from "../src/domain/event-entries.ts"
import { mergeUsers } from "../src/app/merge-queue.ts"
import { findConversation, rememberMerge, resolveUser } from "../src/app/merge-users.ts"
import { resolveTicket } from "../src/app/load-badges.ts"
import { withMergedId } from "../src/domain/user.ts"
import { prefetchSurvivor } from "../src/app/prefetch-survivor.ts"
import { ReadSet } from "../src/repository/read-set.ts"
import type { App } from "../src/app/app.ts"
import type { ConversationRecord, TicketRecord, UserRecord } from "../src/domain/records.ts"
import type { ConversationId, Millis, Seconds, UserId } from "../src/protocol/branded.ts"
import type { MessagingSocket } from "../src/edge/end-user/socket-transport.ts"
import type { AgentSocket } from "../src/edge/agents/console-registry.ts"
import { eventFrame } from "../src/edge/socket/frame-writer.ts"
import { AGENT, MESSAGING, type ClientToServerEvents, type ServerToClientEvents } from "../src/protocol/socket-events.ts"
import type { Socket } from "socket.io-client"
declare const app: App
declare const user: UserRecord
declare const conversation: ConversationRecord
declare const ticket: TicketRecord
declare const wholeSeconds: Seconds
declare const device: MessagingSocket
declare const agent: AgentSocket
declare const client: Socket<ServerToClientEvents, ClientToServerEvents>
export type Used = [UserId, ConversationId, Millis]
`

const GOOD = [
  'userEvent(user.id, { type: "user:update", data: { user: { id: "usr_1", authenticated: false, profile: {} }, reason: "profile" } })',
  'mergeUsers(app, { discardedId: "usr_1", survivingId: "usr_2", reason: "api" }, 0)',
  "const owner: UserId = conversation.userId",
  "resolveUser(app, conversation.userId)",
  "resolveTicket(app, ticket.id)",
  "withMergedId({ survivor: user, discarded: user }, 0)",
  'device.emit("presence", { agentsOnline: true })',
  'agent.emit("presence", { userId: "usr_1", online: true })',
  'eventFrame(MESSAGING, "head", { offset: 1 })',
  'client.emit("conversation:read", { conversationId: "con_1", position: "0" }, (ack) => ack.ok && ack.result.unreadCount)',
]

const BAD = [
  ["an event that nobody knows", 'userEvent(user.id, { type: "user:updaet", data: { nonsense: 1 } })'],
  ["an event with the data of another", 'userEvent(user.id, { type: "user:update", data: { nonsense: 1 } })'],
  ["two users whose order says who stays", 'mergeUsers(app, "usr_1", "usr_2", "api", 0)'],
  ["two users of a merge that is remembered", 'rememberMerge(app, "usr_1", "usr_2", "api")'],
  ["two users of a merge that is read ahead", 'prefetchSurvivor(app, "usr_1", "usr_2", new ReadSet())'],
  ["two records whose order says who stays", "withMergedId(user, user, 0)"],
  ["a user looked up by a conversation's id", "resolveUser(app, conversation.id)"],
  ["a conversation looked up by a ticket's id", "findConversation(app, ticket.id, new ReadSet())"],
  ["a ticket looked up by its conversation's id", "resolveTicket(app, conversation.id)"],
  [
    "a ticket merged into a conversation",
    "const into: TicketRecord = { ...ticket, mergedInto: conversation.id }",
  ],
  ["a conversation's id as a user's", "const owner: UserId = conversation.id"],
  ["a user's id as a conversation's", "const home: ConversationId = user.id"],
  ["seconds as milliseconds", "const at: Millis = wholeSeconds"],
  ["an unknown signal", 'device.emit("presense", { agentsOnline: true })'],
  ["an agents' signal to a device", 'device.emit("presence", { userId: "usr_1", online: true })'],
  ["a device's signal to an agent", 'agent.emit("head", { offset: 1 })'],
  ["a frame of a name that nobody knows", 'eventFrame(MESSAGING, "haed", { offset: 1 })'],
  ["a frame with the data of another", 'eventFrame(AGENT, "presence", { agentsOnline: true })'],
  ["an unknown command", 'client.emit("conversation:raed", {}, () => undefined)'],
  [
    "a command with the body of another",
    'client.emit("conversation:read", { localId: "1" }, () => undefined)',
  ],
] as const

async function complaints(lines: readonly string[]): Promise<string> {
  const dir = await mkdtemp(join(ROOT, ".types-"))
  try {
    const body = lines.map((line, index) => `export function f${index}() { ${line}; }`)
    await writeFile(join(dir, "lines.ts"), [HEAD, ...body].join("\n"))
    const config = {
      extends: "../tsconfig.json",
      include: ["lines.ts"],
      compilerOptions: { noUnusedLocals: false },
    }
    await writeFile(join(dir, "tsconfig.json"), JSON.stringify(config))
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc")
    const { stdout } = await promisify(execFile)(process.execPath, [
      tsc,
      "--noEmit",
      "--checkers",
      "1",
      "-p",
      dir,
    ]).catch((failed: { stdout: string }) => failed)
    return stdout
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

test("what is right compiles, and each thing that is wrong is refused", { timeout: 120_000 }, async () => {
  const lines = [...GOOD, ...BAD.map(([, line]) => line)]
  const said = await complaints(lines)
  const first = HEAD.split("\n").length + 1
  const refused = new Set([...said.matchAll(/lines\.ts\((\d+),/g)].map(([, line]) => Number(line) - first))
  expect(
    [...refused].sort((a, b) => a - b),
    said,
  ).toEqual(BAD.map((_, index) => GOOD.length + index))
})
