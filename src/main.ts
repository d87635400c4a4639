#!/usr/bin/env node
/** The process: the only file that touches `process`. It opens the store, starts the hub and drains it on SIGTERM. */
import { rmSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type SharedSecrets, shareSecrets, storedSecret } from "./app/shared-secrets.ts"
import { type Config, ConfigError, help, readConfig } from "./config.ts"
import { readWebFiles } from "./edge/http/web-files.ts"
import { warmUp } from "./hub/warm-up.ts"
import { createHub, type Hub } from "./hub.ts"
import { systemClock } from "./lib/clock.ts"
import { randomToken } from "./lib/ids.ts"
import { createLog, type Log } from "./lib/log.ts"
import type { Store } from "./store/contract.ts"

/** The folder of the built pages, relative to this file: as built, or as source. */
const WEB = import.meta.url.endsWith(".ts") ? "../dist/web" : "./web"
/** Time for the shutdown beyond `DRAIN_MS`, for answers under way and a slow store; then the process exits all the same. */
const LAST_MS = 15_000

// The reader of our output may be gone: then it is lost, but the hub lives on.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined)

if (process.argv.includes("--help")) {
  process.stdout.write(help())
} else {
  await start(process.env).catch((error: unknown) => {
    const problems = error instanceof ConfigError ? error.problems : [sentence(error)]
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
  const { redisUrl: url, redisPrefix: prefix } = config
  const store = await openStore(config, log)
  const signals = url && (await openSignals({ url, prefix }, log))
  const sessionSecret = config.sessionSecret ?? (await storedSecret(store, "session", () => randomToken(32)))
  const shared = url === undefined ? undefined : await share(store, log, [sessionSecret, config.adminToken])
  const adminToken = config.adminToken ?? randomToken(24)
  const web = readWebFiles(fileURLToPath(new URL(WEB, import.meta.url)))
  if (!web) log.warn("the widget and the pages are not built, so there are none: npm run build")
  const hub = createHub({
    store,
    clock: systemClock,
    log,
    adminToken,
    sessionSecret,
    partitions: config.partitions,
    ...(signals && { adapter: signals.adapter }),
    development: config.mode === "development",
    drainMs: config.drainMs,
    keepAliveMs: config.keepAliveMs,
    ...(config.metricsToken !== undefined && { metricsToken: config.metricsToken }),
    trustedProxies: config.trustedProxies,
    addressLimits: {
      connections: config.connectionsPerAddress,
      handshakesPerSecond: config.handshakesPerAddress,
    },
    ...(web && { web }),
  })
  endOnSignals(config, log, hub, async () => {
    shared?.stop()
    await store.close()
    if (signals) signals.close()
  })
  await warmUp({
    openStore: openThrowaway,
    ...(url !== undefined && { own: store }),
    clock: systemClock,
    log,
  })
  const address = await hub.listen(config.port, config.host)
  if (config.adminToken === undefined) process.stdout.write(`Admin token of this run: ${adminToken}\n`)
  process.stdout.write(`Tributary listens on ${address}\n`)
}

function endOnSignals(config: Config, log: Log, hub: Hub, closeStore: () => Promise<void>): void {
  let ending = false
  const end = async (signal: string): Promise<void> => {
    if (ending) return
    ending = true
    log.info("draining", { signal })
    // Nothing that hangs may keep the store locked for ever.
    systemClock.after(config.drainMs + LAST_MS, () => {
      log.error("the drain did not end in time; the process ends all the same")
      process.exit(1)
    })
    try {
      await hub.close()
      await closeStore()
    } catch (error) {
      log.error("the drain went wrong; the process ends all the same", { error })
      process.exit(1)
    }
    process.exit(0)
  }
  process.on("SIGTERM", () => void end("SIGTERM"))
  process.on("SIGINT", () => void end("SIGINT"))
}

async function openSignals(settings: { url: string; prefix: string }, log: Log) {
  const { openRedisAdapter } = await import("./edge/socket/redis-adapter.ts")
  return openRedisAdapter(settings, noting(log, "signals"))
}

/** In a folder that is removed, also where the process ends while it is in use. */
async function openThrowaway(dir: string): Promise<Store> {
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }))
  const { openLmdb } = await import("./store/lmdb/lmdb.ts")
  return openLmdb({ dir })
}

/** Loads only the engine that is used, which saves a fifth of the start's time. */
async function openStore(config: Config, log: Log): Promise<Store> {
  const { redisUrl: url, redisPrefix: prefix, waitReplicas: replicas, waitMs } = config
  if (url === undefined) {
    const { openLmdb } = await import("./store/lmdb/lmdb.ts")
    return openLmdb({ dir: config.dataDir, onGone: (sentence) => log.error(sentence) })
  }
  const { openRedis } = await import("./store/redis/redis.ts")
  const waiting = replicas > 0 && { replication: { replicas, waitMs } }
  const store = await openRedis({ url, prefix, ...waiting, onError: noting(log, "redis") })
  const { refusals, warnings } = await store.inspect()
  if (config.mode === "production" && refusals.length > 0) throw new Error(refusals.join("\n"))
  for (const sentence of [...refusals, ...warnings]) log.warn(sentence)
  return store
}

/** An admin token that was not given is this run's own: then it is none of the secrets that nodes have in common. */
function share(
  store: Store,
  log: Log,
  secrets: readonly [session: string, admin: string | undefined],
): Promise<SharedSecrets> {
  const [session, admin = ""] = secrets
  return shareSecrets(store, systemClock, [session, admin], () =>
    log.error("another node of this store runs with another SESSION_SECRET or ADMIN_TOKEN"),
  )
}

function noting(log: Log, part: string): (error: unknown) => void {
  return (error) => log.warn("a connection to Redis is in trouble and tried again", { part, error })
}

/** One sentence on why the hub does not start and what to do, without a stack and without passwords. */
function sentence(error: unknown): string {
  if (!(error instanceof Error)) return "The hub could not start."
  const code = "code" in error ? String(error.code) : ""
  const { PORT, HOST, DATA_DIR } = process.env
  const path = "path" in error ? String(error.path) : DATA_DIR || "./data"
  if (code === "EADDRINUSE") return `Port ${PORT || 3000} is taken by another process: end it, or set PORT.`
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return `This machine has no address ${HOST}: set HOST.`
  // The lock of the data directory is a socket, too: one without a port.
  if (code === "EACCES" && "port" in error && Number(error.port) >= 0)
    return `The hub may not listen on port ${PORT}: set a PORT above 1023.`
  if (code === "EACCES" || code === "EPERM")
    return `The hub may not write to ${path}: give it to the hub's user, or set DATA_DIR.`
  if (code === "EROFS") return `${path} cannot be written to: mount a volume there, or set DATA_DIR.`
  if (code === "ENOTDIR" || code === "EEXIST") return `${path} is no directory: set DATA_DIR.`
  if (code === "ENOSPC") return `There is no space left on the disk of ${path}.`
  if (code !== "" && "path" in error) return `${path} cannot be used (${code}): set DATA_DIR.`
  return error.message.replace(/\b([a-z][a-z\d+.-]*:\/\/)[^\s"']*@/gi, "$1…@")
}
