/** Where figures come from: the commit, the Node, the machine. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { cpus, release, totalmem } from "node:os"

export interface Origin {
  readonly commit: string
  readonly node: string
  readonly machine: string
  readonly at: string
}

export function originOf(root: string): Origin {
  return { commit: commitOf(root), node: process.version, machine: machine(), at: new Date().toISOString() }
}

function commitOf(root: string): string {
  try {
    const git = (...args: string[]) => execFileSync("git", ["-C", root, ...args], { encoding: "utf8" }).trim()
    const changed = git("status", "--porcelain", "--untracked-files=no") === "" ? "" : ", with changes"
    return `${git("rev-parse", "--short", "HEAD")}${changed}`
  } catch {
    return "unknown"
  }
}

function machine(): string {
  const model = /model name\s*: (.*)/.exec(readFileSync("/proc/cpuinfo", "latin1"))?.[1] ?? cpus()[0]?.model
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} × ${model}, ${memory} GB, Linux ${release()}`
}
