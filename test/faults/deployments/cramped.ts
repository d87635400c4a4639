/** A disk that fills: a Redis over two nodes, and a node over its embedded store, each with a few megabytes of its own. */
import { spawnSync } from "node:child_process"
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { startRedis } from "../../store/redis-server.ts"
import { eventually } from "../eventually.ts"
import type { Deployment, Strike } from "./deployment.ts"
import { Nodes } from "./killable-nodes.ts"

const PARTITIONS = "4"
const SIZE = "96m"
/** Less than one write is left. */
const LEFT_BYTES = 4_096

export interface Disk {
  readonly dir: string
  fill(): Promise<void>
  free(): Promise<void>
  remove(): Promise<void>
}

async function smallDisk(): Promise<Disk> {
  const dir = await mkdtemp(join(tmpdir(), "tributary-disk-"))
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", dir])
  if (mounted.status !== 0) {
    await rm(dir, { recursive: true, force: true })
    throw new Error(
      "A disk that fills needs a small file system of its own: run this as root, or name other deployments.",
    )
  }
  const unmount = () => spawnSync("umount", ["-l", dir])
  process.once("exit", unmount)
  const ballast = join(dir, "ballast")
  return {
    dir,
    fill: async () => {
      const { bavail, bsize } = await statfs(dir)
      const size = Math.max(0, bavail * bsize - LEFT_BYTES)
      // Another writer may have taken it meanwhile: full is full.
      await writeFile(ballast, Buffer.alloc(size)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOSPC") throw error
      })
    },
    free: () => rm(ballast, { force: true }),
    remove: async () => {
      process.off("exit", unmount)
      unmount()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** @param noticed resolves when a writer could not write; then every node has to say that it is not ready */
const fills =
  (disk: Disk, nodes: Nodes, noticed: () => Promise<void>): Strike =>
  async ({ lasts }) => {
    await disk.fill()
    await noticed()
    await nodes.unready()
    await delay(lasts)
    await disk.free()
    return undefined
  }

/** `everysec`: with `always` a Redis that cannot write ends itself, as `redis killed` does elsewhere. */
export async function openCramped(): Promise<Deployment> {
  const disk = await smallDisk()
  const redis = await startRedis({ appendfsync: "everysec", options: ["--dir", disk.dir] })
  const nodes = await Nodes.start([0, 1].map(() => ({ REDIS_URL: redis.url, PARTITIONS })))
  const refused = () =>
    eventually("a Redis that cannot write", async () =>
      (await redis.cli("info", "persistence")).includes("aof_last_write_status:err"),
    )
  return {
    urls: nodes.urls,
    admin: () => nodes.admin(),
    faults: { ...nodes.faults, "disk full": fills(disk, nodes, refused) },
    calm: () => nodes.calm(),
    stop: async () => {
      await nodes.stop()
      await redis.stop()
      await disk.remove()
    },
  }
}

export async function openCrampedEmbedded(): Promise<Deployment> {
  const disk = await smallDisk()
  const refused = async () => {
    const { bavail, bsize } = await statfs(disk.dir)
    if (bavail * bsize > LEFT_BYTES) throw new Error("the disk is not full")
  }
  const nodes = await Nodes.start([{ DATA_DIR: join(disk.dir, "data") }])
  return {
    urls: nodes.urls,
    admin: () => nodes.admin(),
    faults: { ...nodes.faults, "disk full": fills(disk, nodes, refused) },
    calm: () => nodes.calm(),
    stop: async () => {
      await nodes.stop()
      await disk.remove()
    },
  }
}
