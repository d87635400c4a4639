/**
 * Opens the connections. A single server that is near says its announcements over the connection of the commands: a
 * commit's answer and what it tells followers arrive in one read, and leave for the sockets in one write. A cluster's
 * subscriptions need connections of their own.
 */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis"
import type { RedisAddress } from "./address.ts"

export type Client = Redis | Cluster

/** ioredis types this one setting of its own differently in two places. */
type Settings = Omit<RedisOptions, "replyMapping">

const backoff = (times: number) => Math.min(50 * 2 ** Math.min(times, 6), 1_000) * (0.5 + Math.random() / 2)

/** Each setting with its reason. */
const SHARED = {
  // A dead address is given up before the caller's deadline, and tried again.
  connectTimeout: 3_000,
  retryStrategy: backoff,
  sentinelRetryStrategy: backoff,
  // Seconds after a silent death of the other machine, not the two hours of the kernel.
  keepAlive: 10_000,
  // Sentinel: notice a failover by its message, not by the first refused write.
  failoverDetector: true,
} satisfies Settings

/** We subscribe again ourselves: only we know when that is confirmed, and reading on must wait for it. */
const SUBSCRIBING = { autoResubscribe: false } satisfies Settings

const COMMANDS = {
  ...SHARED,
  // Not connected: said at once, so that our own retries (retrying-client.ts) decide how long to try.
  enableOfflineQueue: false,
  // A lost connection rejects what was under way at once. Left to itself, ioredis 6.0.0 sends it again; told not
  // to, it never settles the promise.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // Nothing came back for so long, though something was asked: the connection is given up, and there is still
  // time to ask again over a new one.
  socketTimeout: 2_000,
  // The same for one command among others that are answered: unknown after this, and asked again.
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

/** For callers that subscribe once and handle no reconnects: ioredis keeps the subscription, from before it is connected on. */
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
): Client {
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
export const openWriter = (address: RedisAddress): Client =>
  open(address, COMMANDS, { enableAutoPipelining: false })

/** Under RESP3 a connection that has subscriptions takes every other command as well. */
async function takesBoth(writer: Client): Promise<boolean> {
  if (!(writer instanceof Redis)) return false
  const reply = await writer.call("hello").catch(() => [])
  if (!Array.isArray(reply)) return false
  return Number(reply[reply.findIndex((name) => String(name) === "proto") + 1]) === 3
}

/** What announcements come over: the same client where the server allows it and is near. */
export const subscriberBeside = async (writer: Client, address: RedisAddress): Promise<Client> =>
  (await takesBoth(writer)) && (await isNear(writer)) ? writer : openSubscriber(address)

/** There and back. */
const NEAR_MS = 1.5
const PINGS = 8

/**
 * What is far away is often behind a proxy, and one that puts small packets together (Nagle's algorithm) holds an answer
 * back until the announcements before it are acknowledged, for which kernels take up to 40 ms: each wait would be as
 * long. Where the way is long, a connection less wins little.
 */
async function isNear(writer: Client): Promise<boolean> {
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
const openSubscriber = (address: RedisAddress): Client =>
  open(address, ANNOUNCEMENTS, { shardedSubscribers: true, retryDelayOnMoved: 100 })

/** For signals, which may be lost: its subscriptions hold over every reconnection. */
export const openListener = (address: RedisAddress): Client =>
  open(address, SIGNALS, { shardedSubscribers: true })
