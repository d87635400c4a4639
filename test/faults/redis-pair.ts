/**
 * A primary and its replica, as a fail-over meets them: between them a link that can be severed, and before them a
 * proxy for each node of the hub, that leads to whichever of them is in charge.
 */
import { type FaultProxy, startFaultProxy } from "../store/fault-proxy.ts"
import { type RedisServer, startRedis } from "../store/redis-server.ts"
import { eventually } from "./eventually.ts"

/** A replica is complete as soon as it is asked to be, and not seconds later. */
export const AT_ONCE = ["--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"] as const

export interface Pair {
  readonly proxies: readonly FaultProxy[]
  /** Resolves when the replica holds what was stored before the call. */
  replicated(): Promise<void>
  /** From now on the replica learns nothing. */
  sever(): Promise<void>
  /** The primary dies, the replica takes over; what it never learnt is lost. */
  failOver(proxies?: readonly FaultProxy[]): Promise<void>
  /** Who died comes back, and follows. */
  replicate(): Promise<void>
  /** The server in charge. */
  inCharge(): RedisServer
  stop(): Promise<void>
}

export async function startPair(nodes: number): Promise<Pair> {
  let primary = await startRedis({ options: AT_ONCE })
  const link = await startFaultProxy(primary.port)
  let replica = await startRedis({ options: AT_ONCE })
  const proxies = await Promise.all(Array.from({ length: nodes }, () => startFaultProxy(primary.port)))
  const pair: Pair = {
    proxies,
    inCharge: () => primary,
    replicated: () => caughtUp(primary, replica),
    sever: async () => {
      link.target = undefined
      link.cut()
      await eventually(
        "a severed replica",
        async () => (await replicationInfo(replica, "master_link_status")) === "down",
      )
    },
    failOver: async (moving = proxies) => {
      await primary.kill()
      await replica.cli("replicaof", "no", "one")
      ;[primary, replica] = [replica, primary]
      for (const node of moving) {
        node.target = primary.port
        node.cut()
      }
    },
    replicate: async () => {
      link.target = primary.port
      await replica.restart()
      await replica.cli("replicaof", "127.0.0.1", String(link.port))
      await pair.replicated()
    },
    stop: async () => {
      await Promise.all([...proxies, link].map((proxy) => proxy.close()))
      await Promise.all([primary.stop(), replica.stop()])
    },
  }
  await pair.replicate()
  return pair
}

export async function caughtUp(primary: RedisServer, replica: RedisServer): Promise<void> {
  await eventually(
    "a replica that is up",
    async () => (await replicationInfo(replica, "master_link_status")) === "up",
  )
  const offset = Number(await replicationInfo(primary, "master_repl_offset"))
  await eventually(
    "a replica that has caught up",
    async () => Number(await replicationInfo(replica, "slave_repl_offset")) >= offset,
  )
}

/** One line of `INFO replication`. */
export async function replicationInfo(server: RedisServer, field: string): Promise<string | undefined> {
  const info = await server.cli("info", "replication")
  return info
    .split("\n")
    .find((line) => line.startsWith(`${field}:`))
    ?.slice(field.length + 1)
    .trim()
}
