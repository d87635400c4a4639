/** A real Redis Cluster: masters with a replica each, that can lose writes in a fail-over and pass slots on. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { type RedisServer, startRedis } from "../store/redis-server.ts"
import { eventually } from "./eventually.ts"
import { AT_ONCE, caughtUp, replicationInfo } from "./redis-pair.ts"

const run = promisify(execFile)

const OPTIONS = [
  ...["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"],
  // However old its copy is, the replica takes over: the worst that a fail-over can do.
  ...["--cluster-replica-validity-factor", "0", "--cluster-allow-replica-migration", "no"],
  ...AT_ONCE,
]
const WRONG_PASSWORD = "not-the-password"
const SLOT_BATCH = 100

export class Shard {
  master: RedisServer
  replica: RedisServer

  constructor(master: RedisServer, replica: RedisServer) {
    this.master = master
    this.replica = replica
  }

  replicated(): Promise<void> {
    return caughtUp(this.master, this.replica)
  }

  /** The replica is refused by its master from now on; the cluster's own talk goes on. */
  async sever(): Promise<void> {
    await this.replica.cli("config", "set", "masterauth", WRONG_PASSWORD)
    await this.master.cli("client", "kill", "type", "replica")
    await eventually(
      "a severed replica",
      async () => (await replicationInfo(this.replica, "master_link_status")) === "down",
    )
  }

  async mend(): Promise<void> {
    await this.replica.cli("config", "set", "masterauth", "")
    await this.replicated()
  }

  /** The master dies and its replica takes over, with what it has. */
  async failOver(): Promise<void> {
    await this.master.kill()
    await this.replica.cli("config", "set", "masterauth", "")
    await this.replica.cli("cluster", "failover", "takeover")
    const { master } = this
    this.master = this.replica
    this.replica = master
    await eventually("the new master's word", async () => (await this.info()).includes("cluster_state:ok"))
  }

  /** Who died comes back, and follows. */
  async revive(): Promise<void> {
    await this.replica.restart()
    await eventually("a replica again", async () => (await replicationInfo(this.replica, "role")) === "slave")
    await this.replicated()
  }

  info(): Promise<string> {
    return this.master.cli("cluster", "info")
  }

  async id(): Promise<string> {
    return await this.master.cli("cluster", "myid")
  }

  async holds(pattern: string): Promise<boolean> {
    return (await this.master.cli("--scan", "--pattern", pattern)) !== ""
  }

  async owns(slot: number): Promise<boolean> {
    const mine = (await this.master.cli("cluster", "nodes"))
      .split("\n")
      .find((line) => line.includes("myself"))
    return (mine?.split(" ").slice(8) ?? []).some((range) => {
      const [from = -1, to = from] = range.split("-").map(Number)
      return from <= slot && slot <= to
    })
  }
}

export class Shards {
  readonly all: readonly Shard[]

  constructor(all: readonly Shard[]) {
    this.all = all
  }

  /** The masters' addresses as the hub is given them. */
  get url(): string {
    return this.all.flatMap(({ master, replica }) => [master.url, replica.url]).join(",")
  }

  async replicated(): Promise<void> {
    await Promise.all(this.all.map((shard) => shard.replicated()))
  }

  /** The shard on which something with this name lies. */
  async having(pattern: string): Promise<Shard> {
    for (const shard of this.all) if (await shard.holds(pattern)) return shard
    throw new Error(`no shard has ${pattern}`)
  }

  /** The slots in which there is anything. */
  async inUse(): Promise<number[]> {
    const found = new Set<number>()
    for (const { master } of this.all) {
      const keys = (await master.cli("--scan", "--pattern", "*:?}v")).split("\n").filter((key) => key !== "")
      for (const key of keys) found.add(await this.slotOf(key))
    }
    return [...found]
  }

  async slotOf(key: string): Promise<number> {
    return Number(await this.all[0]?.master.cli("cluster", "keyslot", key))
  }

  async ownerOf(slot: number): Promise<Shard> {
    for (const shard of this.all) if (await shard.owns(slot)) return shard
    throw new Error(`nobody owns slot ${slot}`)
  }

  /** Moves a slot with all its keys, under whatever traffic there is, as `redis-cli --cluster reshard` does. */
  async move(slot: number, to: Shard): Promise<void> {
    const from = await this.ownerOf(slot)
    if (from === to) return
    const [source, target] = [await from.id(), await to.id()]
    const at = String(slot)
    await to.master.cli("cluster", "setslot", at, "importing", source)
    await from.master.cli("cluster", "setslot", at, "migrating", target)
    for (;;) {
      const found = await from.master.cli("cluster", "getkeysinslot", at, String(SLOT_BATCH))
      const keys = found.split("\n").filter((key) => key !== "")
      if (keys.length === 0) break
      const where = ["127.0.0.1", String(to.master.port), "", "0", "5000"]
      await from.master.cli("migrate", ...where, "keys", ...keys)
    }
    for (const shard of [to, from]) await shard.master.cli("cluster", "setslot", at, "node", target)
    for (const shard of this.all) {
      if (shard !== to && shard !== from) await shard.master.cli("cluster", "setslot", at, "node", target)
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.flatMap(({ master, replica }) => [master.stop(), replica.stop()]))
  }
}

export async function startShards(size = 3): Promise<Shards> {
  const servers = await Promise.all(
    Array.from({ length: size * 2 }, () => startRedis({ options: OPTIONS, appendfsync: "everysec" })),
  )
  try {
    const addresses = servers.map(({ port }) => `127.0.0.1:${port}`)
    await run("redis-cli", ["--cluster", "create", ...addresses, "--cluster-replicas", "1", "--cluster-yes"])
    const shards = new Shards(await paired(servers))
    await Promise.all(
      servers.map((server) =>
        eventually("the cluster", async () =>
          (await server.cli("cluster", "info")).includes("cluster_state:ok"),
        ),
      ),
    )
    await shards.replicated()
    return shards
  } catch (error) {
    await Promise.all(servers.map((server) => server.stop()))
    throw error
  }
}

/** Which of the servers became whose replica. */
async function paired(servers: readonly RedisServer[]): Promise<Shard[]> {
  const ids = new Map<string, RedisServer>()
  for (const server of servers) ids.set(await server.cli("cluster", "myid"), server)
  const followers = async () => {
    const lines = (await servers[0]?.cli("cluster", "nodes"))?.split("\n") ?? []
    return lines.map((line) => line.split(" ")).filter(([, , flags]) => flags?.includes("slave"))
  }
  await eventually("the roles", async () => (await followers()).length === servers.length / 2)
  return (await followers()).map(([id = "", , , of = ""]) => {
    const [master, replica] = [ids.get(of), ids.get(id)]
    if (!master || !replica) throw new Error("the cluster names a stranger")
    return new Shard(master, replica)
  })
}
