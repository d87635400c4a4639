/**
 * Opens the connections to Redis. With a single server that is near, announcements come over the connection of the commands:
 * a commit's answer and its announcement arrive in one read, and leave for the sockets in one write. A cluster's
 * subscriptions, and a server far away, need connections of their own.
 */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis"
import type { RedisAddress } from "./address.ts"

export type RedisClient = Redis | Cluster

/** ioredis types this one setting of its own differently in two places. */
type Settings = Omit<RedisOptions, "replyMapping">

const backoff = (times: number) => Math.min(50 * 2 ** Math.min(times, 6), 1_000) * (0.5 + Math.random() / 2)

/** Settings of every connection. */
const SHARED = {
  // A dead address is given up before the caller's deadline, and tried again.
  connectTimeout: 3_000,
  retryStrategy: backoff,
  sentinelRetryStrategy: backoff,
  // A machine that dies silently is noticed after seconds, not after the kernel's default of two hours.
  keepAlive: 10_000,
  // Sentinel: notice a failover by its message, not by the first refused write.
  failoverDetector: true,
} satisfies Settings

/** `channel-keeper.ts` subscribes again after a reconnect: logs may be read on only after the subscription is confirmed. */
const SUBSCRIBING = { autoResubscribe: false } satisfies Settings

const COMMANDS = {
  ...SHARED,
  // While not connected, commands fail at once, so that `retrying-client.ts` decides how long to try.
  enableOfflineQueue: false,
  // A lost connection rejects what was under way at once. Left to itself, ioredis 6.0.0 sends it again; told not
  // to, it never settles the promise.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // With no answer for so long the connection is given up, while there is still time to ask again over a new one.
  socketTimeout: 2_000,
  // The same for one command while others are answered: its outcome counts as unknown, and it is asked again.
  commandTimeout: 2_500,
  // The reads of one turn travel together. Commits do so already, and must not wait behind a slow read.
  enableAutoPipelining: true,
  autoPipeliningIgnoredCommands: ["evalsha", "eval", "spublish", "ping", "ssubscribe", "sunsubscribe"],
  ...SUBSCRIBING,
  // After a failover without a lost connection: connect anew; what was refused is repeated by retrying-client.ts.
  reconnectOnError: (error: Error) => (error.message.startsWith("READONLY") ? 1 : false),
} satisfies Settings

const ANNOUNCEMENTS = {
  ...SHARED,
  ...SUBSCRIBING,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
} satisfies Settings

/**
 * For callers that subscribe once and handle no reconnects: ioredis keeps the subscription, from before it is connected
 * on.
 */
const SIGNALS = {
  ...SHARED,
  autoResubscribe: true,
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
} satisfies Settings

const CLUSTER: ClusterOptions = {
  // While a primary is replaced: 16 tries, 100 ms apart, are half of the deadline of retrying-client.ts.
  maxRedirections: 16,
  retryDelayOnFailover: 100,
}

function open(
  address: RedisAddress,
  settings: typeof COMMANDS | typeof ANNOUNCEMENTS | typeof SIGNALS,
  cluster: ClusterOptions,
): RedisClient {
  const { kind, hosts, tls, credentials, database, name = "", sentinel = {} } = address
  const secured = tls ? { tls: {} } : {}
  const [first] = hosts
  if (kind === "one") return new Redis({ ...first, ...credentials, ...secured, db: database, ...settings })
  if (kind === "sentinel") {
    return new Redis({
      sentinels: [...hosts],
      name,
      db: database,
      ...credentials,
      ...secured,
      ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
      ...(sentinel.username && { sentinelUsername: sentinel.username }),
      ...(sentinel.password && { sentinelPassword: sentinel.password }),
      ...settings,
    })
  }
  // A cluster's own settings rule over these two.
  const { retryStrategy, enableOfflineQueue, ...each } = settings
  return new Cluster([...hosts], {
    ...CLUSTER,
    ...cluster,
    clusterRetryStrategy: retryStrategy,
    enableOfflineQueue,
    redisOptions: { ...each, ...credentials, ...secured },
  })
}

/** For commands. ioredis looks up the slot before it knows one, and throws, where a cluster should pipeline by itself. */
export const openWriter = (address: RedisAddress): RedisClient =>
  open(address, COMMANDS, { enableAutoPipelining: false })

/** Under RESP3 a connection that has subscriptions takes every other command as well. */
async function takesBoth(writer: RedisClient): Promise<boolean> {
  if (!(writer instanceof Redis)) return false
  const reply = await writer.call("hello").catch(() => [])
  if (!Array.isArray(reply)) return false
  return Number(reply[reply.findIndex((name) => String(name) === "proto") + 1]) === 3
}

/** What announcements come over: the same client where the server allows it and is near. */
export const subscriberBeside = async (writer: RedisClient, address: RedisAddress): Promise<RedisClient> =>
  (await takesBoth(writer)) && (await isNear(writer)) ? writer : openSubscriber(address)

/** A server with a shorter round trip than this is near. */
const NEAR_MS = 1.5
const PINGS = 8

/**
 * A server far away is often behind a proxy, and a proxy that collects small packets (Nagle's algorithm) holds an answer back
 * until the announcements before it are acknowledged, which takes kernels up to 40 ms. And where the round trip is long, one
 * connection fewer gains little.
 */
async function isNear(writer: RedisClient): Promise<boolean> {
  for (let pings = 0; pings < PINGS; pings += 1) {
    const began = performance.now()
    await writer.ping()
    if (performance.now() - began <= NEAR_MS) return true
  }
  return false
}

/**
 * For announcements. A cluster keeps one connection for each of its primaries. Where a slot has moved it asks one
 * node at random where to, and that one may not know yet: asked again at once it would use up its tries in vain.
 */
const openSubscriber = (address: RedisAddress): RedisClient =>
  open(address, ANNOUNCEMENTS, { shardedSubscribers: true, retryDelayOnMoved: 100 })

/** For signals, which may be lost: its subscriptions hold over every reconnection. */
export const openListener = (address: RedisAddress): RedisClient =>
  open(address, SIGNALS, { shardedSubscribers: true })
