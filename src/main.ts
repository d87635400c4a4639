#!/usr/bin/env node
/** The process: the only file that touches `process`. It opens the store, starts the hub and drains it on SIGTERM. */
import { fileURLToPath } from "node:url"
import { storedSecret } from "./app/readiness-probe.ts"
import { type Config, ConfigError, help, readConfig } from "./config.ts"
import { readWebFiles } from "./edge/http/web-files.ts"
import { openRedisAdapter } from "./edge/socket/redis-adapter.ts"
import { createHub } from "./hub.ts"
import { systemClock } from "./lib/clock.ts"
import { randomToken } from "./lib/ids.ts"
import { createLog, type Log } from "./lib/log.ts"
import type { Store } from "./store/contract.ts"
import { openLmdb } from "./store/lmdb/lmdb.ts"
import { openRedis } from "./store/redis/redis.ts"

/** The folder of the built pages, relative to this file: as built, or as source. */
const WEB = import.meta.url.endsWith(".ts") ? "../dist/web" : "./web"

if (process.argv.includes("--help")) {
  process.stdout.write(help())
} else {
  await start(process.env).catch((error: unknown) => {
    const problems = error instanceof ConfigError ? error.problems : [String(error)]
    for (const problem of problems) process.stderr.write(`${problem}\n`)
    process.exit(1)
  })
}

async function start(env: NodeJS.ProcessEnv): Promise<void> {
  const config = readConfig(env)
  const log = createLog({
    level: config.logLevel,
    sink: (line) => void process.stderr.write(line),
    now: Date.now,
  })
  const store = await openStore(config, log)
  const signals =
    config.redisUrl === undefined
      ? undefined
      : await openRedisAdapter(config.redisUrl, noting(log, "signals"))
  const adminToken = config.adminToken ?? randomToken(24)
  const web = readWebFiles(fileURLToPath(new URL(WEB, import.meta.url)))
  if (!web) log.warn("the widget and the pages are not built, so there are none: npm run build")
  const hub = createHub({
    store,
    clock: systemClock,
    log,
    adminToken,
    sessionSecret: config.sessionSecret ?? (await storedSecret(store, "session", () => randomToken(32))),
    partitions: config.partitions,
    ...(signals && { adapter: signals.adapter }),
    development: config.mode === "development",
    drainMs: config.drainMs,
    trustedProxies: config.trustedProxies,
    addressLimits: {
      connections: config.connectionsPerAddress,
      handshakesPerSecond: config.handshakesPerAddress,
    },
    ...(web && { web }),
  })
  const url = await hub.listen(config.port, config.host)
  if (config.adminToken === undefined) process.stdout.write(`Admin token of this run: ${adminToken}\n`)
  process.stdout.write(`Tributary listens on ${url}\n`)

  let ending = false
  const end = async (signal: string): Promise<void> => {
    if (ending) return
    ending = true
    log.info("draining", { signal })
    await hub.close()
    await store.close()
    signals?.close()
    process.exit(0)
  }
  process.on("SIGTERM", () => void end("SIGTERM"))
  process.on("SIGINT", () => void end("SIGINT"))
}

async function openStore(config: Config, log: Log): Promise<Store> {
  if (config.redisUrl === undefined) return openLmdb({ dir: config.dataDir })
  const store = await openRedis({ url: config.redisUrl, onError: noting(log, "redis") })
  const { refusals, warnings } = await store.inspect()
  if (config.mode === "production" && refusals.length > 0) throw new Error(refusals.join("\n"))
  for (const sentence of [...refusals, ...warnings]) log.warn(sentence)
  return store
}

function noting(log: Log, part: string): (error: unknown) => void {
  return (error) => log.warn("a connection is in trouble; it heals by itself", { part, error })
}
