/**
 * A port for a server that has to be given its number: a free one now, and one that stays free for it.
 *
 * Ports that the system hands out itself (32768 and up; 49152 on some systems) may go to any outgoing connection between
 * the choice and the start, and while a killed server waits to be started again. So these lie below. Processes that run
 * at once have ids near each other: each has a hundred ports of its own, and two never choose the same.
 */
import { once } from "node:events"
import { createServer } from "node:net"

const LOWEST = 12_000
const PORTS_PER_PROCESS = 100
const PROCESSES = 100
/** The nodes of a Redis Cluster talk on a second port, this far above the first: it stays below the system's as well. */
const BUS_OFFSET = 10_000

let given = 0

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1")
  try {
    await once(server, "listening")
  } catch {
    return false
  }
  server.close()
  await once(server, "close")
  return true
}

/** @throws if none of this process's ports is free. */
export async function freePort(): Promise<number> {
  const first = LOWEST + (process.pid % PROCESSES) * PORTS_PER_PROCESS
  for (let tried = 0; tried < PORTS_PER_PROCESS; tried++) {
    const port = first + (given++ % PORTS_PER_PROCESS)
    if ((await isFree(port)) && (await isFree(port + BUS_OFFSET))) return port
  }
  throw new Error(
    `No port from ${first} to ${first + PORTS_PER_PROCESS - 1} is free: end what listens there.`,
  )
}
