/** Processes that end with us, whatever happens: servers that print where they listen, and generators. */
import { type ChildProcess, fork, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { Call, Progress, Reply } from "../generator/job.ts"

const START_DEADLINE_MS = 30_000
const STOP_DEADLINE_MS = 5_000
const SAID_CHARACTERS = 4_000

const running = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130))

function keep(child: ChildProcess): number {
  running.add(child)
  child.once("exit", () => running.delete(child))
  if (child.pid === undefined) throw new Error(`${child.spawnfile} could not be started.`)
  return child.pid
}

export interface Server {
  readonly pid: number
  /** What it printed when it was ready: the match of the pattern. */
  readonly ready: RegExpExecArray
  /** Whether it still runs. */
  readonly alive: () => boolean
  /** The end of what it wrote. */
  readonly said: () => string
  stop(): Promise<void>
}

/** For a look at where the time goes: `LOADTEST_NODE_FLAGS="--cpu-prof --cpu-prof-dir=profiles"`. */
const FLAGS = (process.env.LOADTEST_NODE_FLAGS ?? "").split(" ").filter((flag) => flag !== "")

/** Starts a program and waits for it to print what says that it is ready. */
export async function startServer(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ready: RegExp,
): Promise<Server> {
  const child = spawn(program, program === process.execPath ? [...FLAGS, ...args] : args, {
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let said = ""
  const found = new Promise<RegExpExecArray>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${program} ${args.join(" ")}: ${why}\n${said}`))
    const timer = setTimeout(() => fail("not ready in time"), START_DEADLINE_MS)
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-SAID_CHARACTERS)
      const match = ready.exec(said)
      if (!match) return
      clearTimeout(timer)
      resolve(match)
    }
    child.stdout.on("data", hear)
    child.stderr.on("data", hear)
    child.once("error", (error) => fail(error.message))
    child.once("exit", (code) => fail(`ended with ${code}`))
  })
  const match = await found
  return {
    pid: keep(child),
    ready: match,
    alive: () => child.exitCode === null && child.signalCode === null,
    said: () => said,
    stop: () => end(child),
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, "exit")
  child.kill("SIGTERM")
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS)
  await gone
  clearTimeout(timer)
}

/** Arguments of Node with which it runs TypeScript, wherever it is started. */
export const TYPESCRIPT: string[] = ["--import", import.meta.resolve("tsx")]

const GENERATOR = fileURLToPath(new URL("../generator/main.ts", import.meta.url))

/** A generator process, spoken to by verbs. */
export class Generator {
  readonly pid: number
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (reply: Reply) => void>()
  #calls = 0

  constructor(tell: (progress: Progress) => void) {
    this.#child = fork(GENERATOR, { execArgv: TYPESCRIPT })
    this.pid = keep(this.#child)
    this.#child.on("message", (message) => {
      // The boundary: both ends are of one version.
      const reply = message as Reply
      if ("progress" in reply) return tell(reply.progress)
      this.#waiting.get(reply.id)?.(reply)
      this.#waiting.delete(reply.id)
    })
    this.#child.once("exit", (code) => {
      for (const [id, give] of this.#waiting) give({ id, error: `The generator ended with ${code}.` })
    })
  }

  prepare(name: string, params: object): Promise<unknown> {
    return this.call("prepare", { name, params })
  }

  async call(verb: string, argument?: unknown): Promise<unknown> {
    const call: Call = { id: ++this.#calls, verb, argument }
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(call.id, resolve)
      this.#child.send(call)
    })
    if ("error" in reply) throw new Error(reply.error)
    return "result" in reply ? reply.result : undefined
  }

  stop(): Promise<void> {
    return end(this.#child)
  }
}
