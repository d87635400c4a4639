/** Two nodes over one Redis whose clocks jump: Redis' own by an hour, a node's by as much as tokens put up with. */
import { spawnSync } from "node:child_process"
import { mkdtemp, open, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { type RedisServer, startRedis } from "../../store/redis-server.ts"
import { eventually } from "../eventually.ts"
import type { Fault } from "../schedule.ts"
import type { Deployment } from "./deployment.ts"
import { Nodes } from "./killable-nodes.ts"

const PARTITIONS = "4"
const HOUR_S = 3_600
const MINUTE_S = 60
const SOURCE = fileURLToPath(new URL("clock.c", import.meta.url))

/** Compiled where it is used: it is a page of C. */
function compiled(dir: string): string {
  const library = join(dir, "clock.so")
  const { status, error } = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, SOURCE])
  if (status === 0 && !error) return library
  throw new Error(
    "Clocks that can be set need a C compiler: apt-get install gcc libc6-dev, or name other deployments.",
  )
}

class Clock {
  readonly #file: string
  readonly environment: Readonly<Record<string, string>>

  private constructor(file: string, library: string) {
    this.#file = file
    this.environment = { LD_PRELOAD: library, CLOCK_FILE: file }
  }

  static async make(file: string, library: string): Promise<Clock> {
    const clock = new Clock(file, library)
    await writeFile(file, Buffer.alloc(8))
    return clock
  }

  /** In place: the processes look at these very bytes. */
  async set(seconds: number): Promise<void> {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(seconds))
    const file = await open(this.#file, "r+")
    await file.write(bytes, 0, bytes.length, 0)
    await file.close()
  }

  /** Wrong for a while, then right again: two steps. */
  async wrongBy(seconds: number, { lasts }: Fault): Promise<undefined> {
    await this.set(seconds)
    await delay(lasts)
    await this.set(0)
  }
}

/** A clock that cannot be set would make a day on which nothing goes wrong. */
async function proveThatItMoves(redis: RedisServer, clock: Clock): Promise<void> {
  const ahead = async () => Number((await redis.cli("time")).split("\n")[0]) - Date.now() / 1000 > HOUR_S / 2
  await clock.set(HOUR_S)
  await eventually("a clock that is ahead", ahead, 5_000)
  await clock.set(0)
  await eventually("a clock that is right", async () => !(await ahead()), 5_000)
}

export async function openClocks(): Promise<Deployment> {
  const dir = await mkdtemp(join(tmpdir(), "tributary-clocks-"))
  const library = compiled(dir)
  const clocks = await Promise.all(
    ["redis", "first", "second"].map((name) => Clock.make(join(dir, name), library)),
  )
  const [store, ...those] = clocks
  if (!store) throw new Error("three clocks")
  const redis = await startRedis({ env: store.environment })
  const nodes = await Nodes.start(
    those.map(({ environment }) => ({ REDIS_URL: redis.url, PARTITIONS, ...environment })),
  )
  await proveThatItMoves(redis, store)
  const ofNode = ({ which }: Fault): Clock => those[which % those.length] ?? store
  return {
    urls: nodes.urls,
    setsClock: true,
    admin: () => nodes.admin(),
    faults: {
      ...nodes.faults,
      "Redis an hour ahead": (fault) => store.wrongBy(HOUR_S, fault),
      "Redis an hour behind": (fault) => store.wrongBy(-HOUR_S, fault),
      "a node a minute ahead": (fault) => ofNode(fault).wrongBy(MINUTE_S, fault),
      "a node a minute behind": (fault) => ofNode(fault).wrongBy(-MINUTE_S, fault),
    },
    calm: () => nodes.calm(),
    stop: async () => {
      await nodes.stop()
      await redis.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
