/**
 * A node of the hub as a process of its own: `node dist/main.js` with the environment of section 1, or, where many are
 * started, the same in one file.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import { bundledHub } from "../bundled.ts"
import { endWithProcess } from "../orphans.ts"

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url))
const START_DEADLINE = 60_000
const STOP_DEADLINE = 20_000

export const ADMIN_TOKEN = "acceptance-admin-token-0123456789abcdef"
export const SESSION_SECRET = "acceptance-session-secret-0123456789abcdef"

export type Environment = Readonly<Record<string, string>>

/** No child outlives the tests, however they end. */
const running = new Set<ChildProcess>()
endWithProcess(() => {
  for (const child of running) child.kill("SIGKILL")
})

export interface HubNode {
  readonly url: string
  readonly alive: boolean
  /** All it ever wrote, to either stream. */
  readonly output: string
  readonly pid: number
  readonly port: string
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>
  kill(): Promise<void>
}

class StartedNode implements HubNode {
  readonly url: string
  readonly #child: ChildProcess
  readonly #said: () => string

  constructor(url: string, child: ChildProcess, said: () => string) {
    this.url = url
    this.#child = child
    this.#said = said
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get output(): string {
    return this.#said()
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the process never began")
    return this.#child.pid
  }

  get port(): string {
    return new URL(this.url).port
  }

  async stop(): Promise<number | null> {
    return await this.#end("SIGTERM")
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL")
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.alive) {
      const gone = once(this.#child, "exit")
      this.#child.kill(signal)
      const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_DEADLINE)
      await gone
      clearTimeout(timer)
    }
    running.delete(this.#child)
    return this.#child.exitCode
  }
}

export interface Launched {
  child: ChildProcess
  said: () => string
}

/** Starts the process with this environment and nothing else of ours. */
export function launch(environment: Environment, args: readonly string[] = [], program = MAIN): Launched {
  const env = { PATH: process.env.PATH ?? "", HOME: tmpdir(), ...environment }
  const child = spawn(process.execPath, [program, ...args], {
    env,
    cwd: tmpdir(),
    stdio: ["ignore", "pipe", "pipe"],
  })
  running.add(child)
  let said = ""
  const hear = (chunk: Buffer): void => {
    said += chunk.toString()
  }
  child.stdout.on("data", hear)
  child.stderr.on("data", hear)
  child.once("exit", () => running.delete(child))
  return { child, said: () => said }
}

export async function startNode(environment: Environment): Promise<HubNode> {
  const { child, said } = launch(environment, [], await bundledHub())
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${why}; the hub said: ${said().slice(-2000)}`))
    const timer = setTimeout(() => fail(`no URL within ${START_DEADLINE} ms`), START_DEADLINE)
    child.once("exit", (code) => fail(`exit ${code} before a URL was printed`))
    child.stdout?.on("data", () => {
      const printed = /https?:\/\/[^\s"'<>,}]+:\d+/.exec(said())
      if (!printed) return
      clearTimeout(timer)
      child.removeAllListeners("exit")
      child.once("exit", () => running.delete(child))
      resolve(printed[0])
    })
  })
  return new StartedNode(url, child, said)
}
