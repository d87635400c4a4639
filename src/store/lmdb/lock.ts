/**
 * One writing process per directory. A writer listens on a socket file in the directory, so the
 * kernel says which writers live: those that accept a connection, in this container or in another one. A killed
 * process stops listening, so its lock ends with it; no pid is compared, so none can be taken for another's.
 *
 * First register, then look: each writer's socket has a random name that is never used again, and appears under it only
 * once it listens. So a socket that refuses is dead for good and may be removed. Of two that start in the same instant
 * both may be refused, but never are both let in.
 */
import { randomUUID } from "node:crypto"
import { readdir, rename, rm } from "node:fs/promises"
import { connect, createServer, type Server } from "node:net"
import { join, relative } from "node:path"

const SUFFIX = ".writer"
/** What a socket's address holds on Linux (107) and macOS (103); longer paths would be cut off silently. */
const LONGEST_PATH = 103

export interface Lock {
  release(): Promise<void>
}

export async function lockDirectory(dir: string): Promise<Lock> {
  const name = `${randomUUID().slice(0, 8)}${SUFFIX}`
  const path = socketPath(dir, name)
  const server = await listen(socketPath(dir, `${name}.new`))
  const release = async () => {
    await rm(path, { force: true })
    await new Promise((resolve) => server.close(resolve))
  }
  try {
    await rename(socketPath(dir, `${name}.new`), path)
    for (const other of await readdir(dir)) {
      if (!other.endsWith(SUFFIX) || other === name) continue
      const found = await answers(socketPath(dir, other))
      if (found === "forbidden") {
        throw new Error(
          `The data directory ${dir} may be in use by a process of another user; start the hub as that user, or remove ${other} if there is none.`,
        )
      }
      if (found === "alive") {
        throw new Error(`The data directory ${dir} is in use by another process; each hub needs its own.`)
      }
      await rm(socketPath(dir, other), { force: true })
    }
  } catch (error) {
    await release()
    throw error
  }
  return { release }
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once("error", reject)
    server.listen(path, () => resolve(server.unref()))
  })
}

function answers(path: string): Promise<"alive" | "dead" | "forbidden"> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once("connect", () => {
      socket.destroy()
      resolve("alive")
    })
    // A holder that is neither gone nor dead must not be taken for none.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "ECONNREFUSED" || code === "ENOENT") resolve("dead")
      else resolve(code === "EACCES" || code === "EPERM" ? "forbidden" : "alive")
    })
  })
}

/** The shorter of the absolute and the relative path. */
function socketPath(dir: string, name: string): string {
  const absolute = join(dir, name)
  const path = [absolute, relative(".", absolute)].sort((a, b) => a.length - b.length)[0] ?? absolute
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw new Error(`The path of the data directory is too long for a socket file in it: ${dir}`)
  }
  return path
}
