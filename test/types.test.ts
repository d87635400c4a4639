/** What must not compile does not: each line is given to the compiler beside one that must. */
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, test } from "vitest"

const ROOT = fileURLToPath(new URL("../", import.meta.url))

const HEAD = `
import { userEvent } from "../src/domain/event.ts"
import { mergeUsers } from "../src/app/merge-users.ts"
import type { App } from "../src/app/app.ts"
import type { ConversationRecord, UserRecord } from "../src/domain/records.ts"
import type { ConversationId, Millis, Seconds, UserId } from "../src/protocol/branded.ts"
declare const app: App
declare const user: UserRecord
declare const conversation: ConversationRecord
declare const wholeSeconds: Seconds
export type Used = [UserId, ConversationId, Millis]
`

const GOOD = [
  'userEvent(user.id, { type: "user:update", data: { user: { id: "usr_1", authenticated: false, profile: {} }, reason: "profile" } })',
  'mergeUsers(app, { discardedId: "usr_1", survivingId: "usr_2", reason: "api" }, 0)',
  "const owner: UserId = conversation.userId",
]

const BAD = [
  ["an event that nobody knows", 'userEvent(user.id, { type: "user:updaet", data: { nonsense: 1 } })'],
  ["an event with the data of another", 'userEvent(user.id, { type: "user:update", data: { nonsense: 1 } })'],
  ["two users whose order says who stays", 'mergeUsers(app, "usr_1", "usr_2", "api", 0)'],
  ["a conversation's id as a user's", "const owner: UserId = conversation.id"],
  ["a user's id as a conversation's", "const home: ConversationId = user.id"],
  ["seconds as milliseconds", "const at: Millis = wholeSeconds"],
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
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, "--noEmit", "-p", dir]).catch(
      (failed: { stdout: string }) => failed,
    )
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
